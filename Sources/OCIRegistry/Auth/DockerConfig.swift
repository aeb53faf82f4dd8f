// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI

/// The content of docker's `config.json`, or of containers' `auth.json`, which has the same form.
struct DockerConfig {
    /// The file that it came from.
    let path: String
    var document: JSONNode

    /// The largest file that is read.
    static let maximumSize = 1 << 20

    /// Reads the content of a file; an empty one has no entries.
    init(_ bytes: [UInt8], path: String) throws(CredentialFileError) {
        self.path = path
        guard bytes.contains(where: { $0 > 0x20 }) else {
            document = .object([])
            return
        }
        do { document = try JSONNode(parsing: bytes) } catch {
            throw CredentialFileError(path: path, key: "", reason: .invalidJSON(error))
        }
    }

    /// Reads a file; `nil` if it is not there.
    static func read(_ path: String) throws -> (config: DockerConfig, file: SmallFile)? {
        guard let file = try SmallFile.read(path, limit: maximumSize) else { return nil }
        return (try DockerConfig(file.bytes, path: path), file)
    }

    /// The helper that is configured for a registry: its own, or that for all.
    func helper(for host: RegistryHost) throws(CredentialFileError) -> String? {
        if let (key, node) = best(of: try members("credHelpers"), host, nil) {
            return try text(node, "credHelpers", key)
        }
        guard let node = document["credsStore"], let name = try text(node, "credsStore"), !name.isEmpty else {
            return nil
        }
        return name
    }

    /// The credential that stands in the file itself; the most specific key counts.
    func credential(
        for host: RegistryHost,
        _ repository: RepositoryName?
    ) throws(CredentialFileError) -> Credential? {
        // An entry without content, docker's mark for what a helper keeps, does not hide the next one.
        let entries = try members("auths").filter { !($0.value.members?.isEmpty ?? false) }
        guard let (key, node) = best(of: entries, host, repository) else { return nil }
        guard node.members != nil else { throw failure(.expected("an object"), "auths", key) }
        return try kind(of: node, key).map { Credential($0, origin: path) }
    }

    /// Whether a secret stands in the file itself.
    var holdsSecrets: Bool {
        (document["auths"]?.members ?? []).contains { !($0.value.members?.isEmpty ?? true) }
    }

    private func kind(of entry: JSONNode, _ key: String) throws(CredentialFileError) -> Credential.Kind? {
        func field(_ name: String) throws(CredentialFileError) -> String? {
            guard let node = entry[name], let text = try text(node, "auths", key, name), !text.isEmpty else {
                return nil
            }
            return text
        }
        // In docker's order: what needs no exchange first.
        if let token = try field("registrytoken") { return .registryToken(Secret(token)) }
        if let token = try field("identitytoken") { return .identityToken(Secret(token)) }
        if let encoded = try field("auth") {
            guard let data = Data(base64Encoded: encoded), let pair = String(validating: data, as: UTF8.self) else {
                throw failure(.invalidBase64, "auths", key, "auth")
            }
            guard let colon = pair.firstIndex(of: ":") else { throw failure(.missingColon, "auths", key, "auth") }
            var password = pair[pair.index(after: colon)...]
            // Some versions of docker filled the text up with zeros.
            while password.last == "\0" { password.removeLast() }
            return .password(username: String(pair[..<colon]), Secret(String(password)))
        }
        if let username = try field("username") {
            return .password(username: username, Secret(try field("password") ?? ""))
        }
        return nil
    }

    private func best(
        of members: [JSONNode.Member],
        _ host: RegistryHost,
        _ repository: RepositoryName?
    ) -> (key: String, value: JSONNode)? {
        members.compactMap { member in
            DockerConfigKey.fit(of: member.key, to: host, repository).map { (member, $0) }
        }
        .max { left, right in
            let (leftFit, rightFit) = (left.1, right.1)
            if leftFit.depth != rightFit.depth { return leftFit.depth < rightFit.depth }
            if leftFit.isExact != rightFit.isExact { return rightFit.isExact }
            return left.0.key > right.0.key
        }
        .map { ($0.0.key, $0.0.value) }
    }

    private func members(_ name: String) throws(CredentialFileError) -> [JSONNode.Member] {
        guard let node = document[name], node != .scalar("null") else { return [] }
        guard let members = node.members else { throw failure(.expected("an object"), name) }
        return members
    }

    private func text(_ node: JSONNode, _ keys: String...) throws(CredentialFileError) -> String? {
        if node == .scalar("null") { return nil }
        guard let text = node.text else {
            throw CredentialFileError(path: path, key: shown(keys), reason: .expected("a text"))
        }
        return text
    }

    private func failure(_ reason: CredentialFileError.Reason, _ keys: String...) -> CredentialFileError {
        CredentialFileError(path: path, key: shown(keys), reason: reason)
    }

    /// The way to a value; what stands before an `@` in a key may be a password.
    private func shown(_ keys: [String]) -> String {
        keys.map { key in key.lastIndex(of: "@").map { "…\(key[$0...])" } ?? key }.joined(separator: ".")
    }
}
