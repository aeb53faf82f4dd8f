// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry

extension RegistrySettings {
    private static let keys = [
        "credentials", "transport", "certificate-authority", "client-certificate", "client-key",
        "skip-certificate-verification", "minimum-tls", "limits", "timeouts", "token-servers", "upload-hosts",
    ]

    /// The keys that say something about TLS.
    private static let keysOfTLS = [
        "certificate-authority", "client-certificate", "client-key", "skip-certificate-verification", "minimum-tls",
    ]

    /// Reads the entry of one registry.
    /// - Parameter folder: The folder of the config file, from which relative paths start.
    init(_ node: ConfigNode, _ reader: ConfigReader, folder: String) {
        guard let entry = reader.mapping(node, keys: Self.keys) else { return }
        credentials = entry["credentials"].flatMap { Self.credentials($0, reader, folder: folder) }
        scheme = entry["transport"].flatMap { reader.choice($0, TransportWord.self) }?.scheme
        certificateAuthority = entry["certificate-authority"].flatMap { Self.path($0, reader, folder: folder) }
        let certificate = entry["client-certificate"].flatMap { Self.path($0, reader, folder: folder) }
        let key = entry["client-key"].flatMap { Self.path($0, reader, folder: folder) }
        if let certificate, let key { clientCertificate = ClientCertificate(certificate: certificate, key: key) }
        skipsCertificateVerification =
            entry["skip-certificate-verification"].flatMap { reader.flag($0) } ?? false
        minimumTLS = entry["minimum-tls"].flatMap { reader.choice($0, TLSVersion.self) }
        readLimits(entry, reader)
        tokenServers = entry["token-servers"].map { Self.hosts($0, reader) } ?? []
        uploadHosts = entry["upload-hosts"].map { Self.hosts($0, reader) } ?? []
        checkTogether(entry, reader)
    }

    private mutating func readLimits(_ entry: ConfigMapping, _ reader: ConfigReader) {
        if let limits = entry["limits"].flatMap({ reader.mapping($0, keys: ["requests"]) }) {
            requests = limits["requests"].flatMap { reader.number($0, in: 1...256) }
        }
        if let timeouts = entry["timeouts"].flatMap({ reader.mapping($0, keys: ["connect", "idle", "commit"]) }) {
            func duration(_ key: String) -> Duration? {
                timeouts[key].flatMap { reader.duration($0, in: .milliseconds(1)...(.hours(24))) }
            }
            connectTimeout = duration("connect")
            idleTimeout = duration("idle")
            commitTimeout = duration("commit")
        }
    }

    /// Keys that are right by themselves, but not beside each other.
    private func checkTogether(_ entry: ConfigMapping, _ reader: ConfigReader) {
        func report(_ problem: ConfigMistake.Problem, _ key: String) {
            reader.report(problem, at: entry.mark(of: key), entry.node.path.key(key))
        }
        switch (entry["client-certificate"], entry["client-key"]) {
        case (.some, nil): report(.needs("client-key"), "client-certificate")
        case (nil, .some): report(.needs("client-certificate"), "client-key")
        default: break
        }
        if scheme == .http {
            for key in Self.keysOfTLS where entry[key] != nil { report(.contradicts("transport: http"), key) }
        } else if skipsCertificateVerification, entry["certificate-authority"] != nil {
            report(.contradicts("skip-certificate-verification: true"), "certificate-authority")
        }
    }

    private enum TransportWord: String, CaseIterable {
        case http
        case https

        var scheme: Scheme { self == .http ? .http : .https }
    }

    private static func credentials(_ node: ConfigNode, _ reader: ConfigReader, folder: String) -> Credentials? {
        guard let entry = reader.mapping(node, keys: ["username", "password", "identity-token", "helper"]) else {
            return nil
        }
        let username = entry["username"].flatMap { reader.text($0) }
        let password = entry["password"]
            .flatMap {
                secret($0, reader, folder: folder, kinds: ["env", "file", "helper"])
            }
        let token = entry["identity-token"].flatMap { secret($0, reader, folder: folder, kinds: ["env", "file"]) }
        let helper = entry["helper"].flatMap { self.helper($0, reader) }
        let isPassword = entry["username"] != nil || entry["password"] != nil
        guard [isPassword, entry["identity-token"] != nil, entry["helper"] != nil].count(where: { $0 }) == 1 else {
            // Where the keys were mistyped, saying that is enough.
            if !entry.entries.isEmpty || reader.entries(node)?.isEmpty == true {
                reader.report(.oneOf(["username and password", "identity-token", "helper"]), at: node)
            }
            return nil
        }
        if isPassword {
            for (key, other) in [("username", "password"), ("password", "username")] where entry[other] == nil {
                reader.report(.needs(other), at: entry.mark(of: key), node.path.key(key))
            }
            if let username, username.contains(":"), let node = entry["username"] {
                reader.report(.badName("a user: a colon cannot stand in it"), at: node)
                return nil
            }
            return username.flatMap { username in password.map { .password(username: username, $0) } }
        }
        return token.map { .identityToken($0) } ?? helper.map { .helper($0) }
    }

    private static func secret(
        _ node: ConfigNode,
        _ reader: ConfigReader,
        folder: String,
        kinds: [String]
    ) -> SecretSource? {
        if case .scalar = node.value {
            reader.report(.literalSecret, at: node)
            return nil
        }
        guard let entry = reader.mapping(node, keys: kinds) else { return nil }
        guard entry.entries.count == 1, let only = entry.entries.first else {
            if !entry.entries.isEmpty { reader.report(.oneOf(kinds), at: node) }
            return nil
        }
        switch only.key {
        case "env":
            guard let name = reader.text(only.value, "the name of a variable") else { return nil }
            guard !name.contains(where: { $0 == "=" || $0 == "$" || $0.isWhitespace }) else {
                reader.report(.badName("an environment variable"), at: only.value)
                return nil
            }
            return .environment(name)
        case "file": return path(only.value, reader, folder: folder).map { .file($0) }
        default: return helper(only.value, reader).map { .helper($0) }
        }
    }

    private static func helper(_ node: ConfigNode, _ reader: ConfigReader) -> String? {
        guard let name = reader.text(node, "the name of a helper") else { return nil }
        guard CredentialHelper.isName(name) else {
            reader.report(.badName("a helper: write NAME for a program docker-credential-NAME on PATH"), at: node)
            return nil
        }
        return name
    }

    private static func path(_ node: ConfigNode, _ reader: ConfigReader, folder: String) -> String? {
        reader.text(node, "a path").map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
    }

    private static func hosts(_ node: ConfigNode, _ reader: ConfigReader) -> [RegistryHost] {
        (reader.list(node) ?? [])
            .compactMap { item -> RegistryHost? in
                guard let text = reader.text(item, "a host") else { return nil }
                do throws(NameError) { return try RegistryHost(text) } catch {
                    reader.report(.badHost(error), at: item)
                    return nil
                }
            }
    }
}
