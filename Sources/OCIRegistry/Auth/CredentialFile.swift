// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
public import OCI

/// Docker's file of credentials, to be written to as `docker login` and `docker logout` do.
///
/// Where the file names a helper for the registry, the credential goes there, and the file gets an entry without
/// content. Whatever else is in the file stays. Two programs that write at once are not kept apart, as docker does not
/// either: the later one wins.
public struct CredentialFile: Sendable {
    /// Where a credential is kept, or was.
    public enum Place: Hashable, Sendable {
        /// In the file of this path.
        case file(String)
        /// With the helper of this name, without `docker-credential-`.
        case helper(String)
    }

    /// The file.
    public let path: String
    private let environment: [String: String]

    /// Takes `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`.
    /// - Throws: ``CredentialFolderUnknown`` if neither `DOCKER_CONFIG` nor `HOME` is set.
    public init(environment: [String: String]) throws(CredentialFolderUnknown) {
        guard let path = DockerConfigStore.dockerLocation(environment: environment) else {
            throw CredentialFolderUnknown()
        }
        self.path = path
        self.environment = environment
    }

    /// Keeps the credential of a registry instead of the one that was there.
    /// - Parameter kind: A password or an identity token; tokens for a registry live too short to be kept.
    /// - Returns: Where it is kept.
    public func keep(_ kind: Credential.Kind, for host: RegistryHost) async throws -> Place {
        let server = DockerConfigKey.serverAddress(of: host)
        var config = try read()
        if let name = try config.helper(for: host) {
            let helper = try CredentialHelper(name, environment: environment)
            switch kind {
            case .password(let username, let secret): try await helper.store(username: username, secret, for: server)
            case .identityToken(let token), .registryToken(let token):
                try await helper.store(username: "<token>", token, for: server)
            }
            try write(.object([]), for: server, to: &config)
            return .helper(name)
        }
        try write(entry(for: kind), for: server, to: &config)
        return .file(path)
    }

    /// Removes the credential of a registry, under all names that the registry has in the file; those of parts of it stay.
    /// - Returns: Where there was one.
    public func forget(_ host: RegistryHost) async throws -> [Place] {
        var config = try read()
        var places: [Place] = []
        if let name = try config.helper(for: host) {
            let helper = try CredentialHelper(name, environment: environment)
            if try await helper.erase(DockerConfigKey.serverAddress(of: host)) { places.append(.helper(name)) }
        }
        guard let auths = config.document["auths"], let members = auths.members else { return places }
        let kept = members.filter { DockerConfigKey.fit(of: $0.key, to: host, nil) == nil }
        guard kept.count < members.count else { return places }
        if members.contains(where: { member in
            !kept.contains { $0.key == member.key } && !(member.value.members?.isEmpty ?? true)
        }) {
            places.append(.file(path))
        }
        config.document["auths"] = .object(kept)
        try save(config)
        return places
    }

    private func read() throws -> DockerConfig {
        if let (config, _) = try DockerConfig.read(path) { return config }
        return try DockerConfig([], path: path)
    }

    private func entry(for kind: Credential.Kind) -> JSONNode {
        func encoded(_ text: String) -> JSONNode { .text(Data(text.utf8).base64EncodedString()) }
        return switch kind {
        case .password(let username, let secret):
            .object([JSONNode.Member(key: "auth", value: encoded("\(username):\(secret.exposed)"))])
        case .identityToken(let token):
            .object([JSONNode.Member(key: "identitytoken", value: .text(token.exposed))])
        case .registryToken(let token):
            .object([JSONNode.Member(key: "registrytoken", value: .text(token.exposed))])
        }
    }

    private func write(_ entry: JSONNode, for server: String, to config: inout DockerConfig) throws {
        var auths = config.document["auths"] ?? .object([])
        if auths == .scalar("null") { auths = .object([]) }
        guard auths.members != nil else {
            throw CredentialFileError(path: path, key: "auths", reason: .expected("an object"))
        }
        auths[server] = entry
        config.document["auths"] = auths
        try save(config)
    }

    private func save(_ config: DockerConfig) throws {
        try PrivateFile.write(Array((config.document.written() + "\n").utf8), to: path)
    }
}
