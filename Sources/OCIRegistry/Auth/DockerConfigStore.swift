// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// The credentials of one file in docker's format, and of the helpers that it names.
///
/// The order is docker's: the helper for the registry (`credHelpers`), else the one for all (`credsStore`); where neither
/// has anything, the entries of the file itself (`auths`), the most specific first. The file is read anew each time, so
/// that a login is seen by a program that runs on. A file that is not there has no credentials.
public struct DockerConfigStore: CredentialStore {
    /// The file.
    public let path: String
    private let environment: [String: String]
    private let helperTimeLimit: Duration

    /// Describes a file; nothing is read yet.
    /// - Parameter environment: What helpers are found in and started with.
    public init(path: String, environment: [String: String], helperTimeLimit: Duration = CredentialHelper.timeLimit) {
        self.path = path
        self.environment = environment
        self.helperTimeLimit = helperTimeLimit
    }

    /// The credential for a registry or a repository of it.
    /// - Throws: ``SmallFileError``, ``CredentialFileError``, ``CredentialHelperError``.
    public func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
        guard let (config, _) = try DockerConfig.read(path) else { return nil }
        if let name = try config.helper(for: host) {
            let helper = try CredentialHelper(name, environment: environment, timeLimit: helperTimeLimit)
            if let kind = try await helper.get(for: host) {
                return Credential(kind, origin: "docker-credential-\(name), which \(path) names")
            }
        }
        return try config.credential(for: host, repository)
    }

    /// What is not right about the file, but stops nothing: that it holds secrets and others may read it.
    ///
    /// - Returns: `nil` if nothing is wrong, and for a file that cannot be read: asking for a credential tells why.
    public func warning() -> CredentialFileWarning? {
        guard let (config, file) = try? DockerConfig.read(path), config.holdsSecrets, file.isOpenToOthers else {
            return nil
        }
        return CredentialFileWarning(path: path, mode: file.mode)
    }

    /// The files in which credentials are looked for, in their order.
    ///
    /// 1. `$REGISTRY_AUTH_FILE`
    /// 2. `$XDG_RUNTIME_DIR/containers/auth.json`
    /// 3. `$XDG_CONFIG_HOME/containers/auth.json`, or `~/.config/containers/auth.json`
    /// 4. `$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`
    public static func defaultLocations(environment: [String: String]) -> [String] {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let home = value("HOME")
        return [
            value("REGISTRY_AUTH_FILE"),
            value("XDG_RUNTIME_DIR").map { "\($0)/containers/auth.json" },
            (value("XDG_CONFIG_HOME") ?? home.map { "\($0)/.config" }).map { "\($0)/containers/auth.json" },
            dockerLocation(environment: environment),
        ]
        .compactMap(\.self)
    }

    /// Where docker keeps its credentials; `nil` if neither `DOCKER_CONFIG` nor `HOME` is set.
    static func dockerLocation(environment: [String: String]) -> String? {
        if let folder = environment["DOCKER_CONFIG"], !folder.isEmpty { return "\(folder)/config.json" }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return "\(home)/.docker/config.json"
    }
}
