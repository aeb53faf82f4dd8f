// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry
import Replication

/// The keys of the entry of one registry.
enum RegistryKeys {
    static let credentials = ConfigKey<CredentialRules>(
        "credentials",
        "How to log in; a list says it by repository. Without it, credentials are looked for where docker and podman keep "
            + "them, then at the cloud.",
        CredentialRules.schema
    ) { node, reader in CredentialRules(node, reader) }
    static let transport = ConfigKey<Transport>
        .choice(
            "transport",
            "http or https; https unless the host is localhost, 127.0.0.0/8 or ::1."
        )
    static let product = ConfigKey<RegistryProduct>
        .choice(
            "product",
            "What the registry is, where its name and its answers do not tell; it decides how blobs are sent."
        )
    static let api = ConfigKey<RequestURL.Origin>(
        "api",
        "Where the product's own API is, as https://gitlab.corp.lan; needed where it is not at its usual host.",
        .text()
    ) { node, reader in
        guard let text = reader.text(node, "an address such as https://gitlab.corp.lan") else { return nil }
        let schemes: [(prefix: String, scheme: Scheme)] = [("https://", .https), ("http://", .http)]
        guard let (prefix, scheme) = schemes.first(where: { text.hasPrefix($0.prefix) }) else {
            reader.report(.badPlace("https://HOST, or http://HOST for one without TLS"), at: node)
            return nil
        }
        do throws(NameError) {
            return RequestURL.Origin(scheme: scheme, host: try RegistryHost(String(text.dropFirst(prefix.count))))
        } catch {
            reader.report(.badHost(error), at: node)
            return nil
        }
    }
    static let keepPulls = ConfigKey<Int>
        .number(
            "keep-pulls",
            "How many manifests are left for others to fetch, where the registry limits how many may be (Docker Hub does).",
            in: 0...1_000_000
        )
    static let pullsUsedUp = ConfigKey<PullRule.Shortage>
        .choice(
            "pulls-used-up",
            "stop leaves what needs more manifests to the next run; wait goes on when the registry has some again."
        )
    static let certificateAuthority = ConfigKey<String>
        .path(
            "certificate-authority",
            "A file of certificates (PEM) that are trusted besides those of the system."
        )
    static let clientCertificate = ConfigKey<String>
        .path(
            "client-certificate",
            "A file with the certificate (PEM) that is shown to the registry."
        )
    static let clientKey = ConfigKey<String>.path("client-key", "A file with the key (PEM) of client-certificate.")
    static let skipCertificateVerification = ConfigKey<Bool>
        .flag(
            "skip-certificate-verification",
            "true: the registry's certificate is not looked at, and anybody can pose as it."
        )
    static let minimumTLS = ConfigKey<RegistrySettings.TLSVersion>
        .choice(
            "minimum-tls",
            "The oldest version of TLS that is spoken; 1.2 unless it is said otherwise."
        )
    static let limits = ConfigKey<ConfigMapping>(
        "limits",
        "How much the registry is asked at once.",
        .mapping(Limits.shape)
    ) {
        node,
        reader in reader.mapping(node, Limits.shape)
    }
    static let timeouts = ConfigKey<ConfigMapping>(
        "timeouts",
        "How long answers are waited for.",
        .mapping(Timeouts.shape)
    ) {
        node,
        reader in reader.mapping(node, Timeouts.shape)
    }
    static let tokenServers = hosts(
        "token-servers",
        "Hosts of another domain that the registry's credentials may be shown to, to get tokens."
    )
    static let uploadHosts = hosts("upload-hosts", "Other hosts that an upload may be led to.")

    static let shape = ConfigShape([
        credentials.field, transport.field, product.field, api.field, keepPulls.field, pullsUsedUp.field,
        certificateAuthority.field,
        clientCertificate.field,
        clientKey.field, skipCertificateVerification.field, minimumTLS.field, limits.field, timeouts.field,
        tokenServers.field, uploadHosts.field, MirrorKeys.mirrors.field, MirrorKeys.onlyMirrors.field,
        CreateKeys.create.field,
    ])

    /// The keys of `limits`.
    enum Limits {
        static let requests = ConfigKey<Int>
            .number(
                "requests",
                "How many requests are under way at once at most, for reading and for writing each.",
                in: 1...256
            )
        static let chunkedAbove = ConfigKey<ByteCount>
            .byteCount(
                "chunked-above",
                "Larger blobs are sent in pieces, where an upload can go on after an interruption.",
                in: .mebibytes(1)...(.tebibytes(1000))
            )
        static let bandwidth = ConfigKey<ByteRate>
            .rate("bandwidth", "How many bytes a second are read, and how many are written; 20MiB/s for example.")
        static let shape = ConfigShape([requests.field, chunkedAbove.field, bandwidth.field])
    }

    /// The keys of `timeouts`.
    enum Timeouts {
        static let connect = duration("connect", "Until a connection stands.")
        static let idle = duration("idle", "Without a byte moving in either direction.")
        static let commit = duration("commit", "Until a registry has taken in an upload that was sent whole.")
        static let shape = ConfigShape([connect.field, idle.field, commit.field])

        private static func duration(_ name: String, _ about: String) -> ConfigKey<Duration> {
            .duration(name, about, in: .milliseconds(1)...(.hours(24)))
        }
    }

    /// The words for a scheme.
    enum Transport: String, CaseIterable, Sendable {
        case http
        case https

        var scheme: Scheme { self == .http ? .http : .https }
    }

    private static func hosts(_ name: String, _ about: String) -> ConfigKey<[RegistryHost]> {
        .list(name, about, of: .text()) { item, reader in
            guard let text = reader.text(item, "a host") else { return nil }
            do throws(NameError) { return try RegistryHost(text) } catch {
                reader.report(.badHost(error), at: item)
                return nil
            }
        }
    }
}

/// The keys of `credentials`.
enum CredentialKeys {
    static let username = ConfigKey<String>.text("username", "The user name that goes with password.")
    static let password = ConfigKey<RegistrySettings.SecretSource>(
        "password",
        "Where the password is kept.",
        .mapping(Secret.anywhere)
    ) { node, reader in Secret.read(node, reader, Secret.anywhere) }
    static let identityToken = ConfigKey<RegistrySettings.SecretSource>(
        "identity-token",
        "Where an identity token (a refresh token) is kept.",
        .mapping(Secret.inPlace)
    ) { node, reader in Secret.read(node, reader, Secret.inPlace) }
    static let helper = ConfigKey<String>(
        "helper",
        "NAME of a program docker-credential-NAME that is asked for user name and password.",
        .text()
    ) { node, reader in Secret.helperName(node, reader) }
    static let provider = ConfigKey<CloudProvider>
        .choice(
            "provider",
            "The cloud whose own credentials are used: those of its variables, files and metadata servers."
        )
    static let repositories = ConfigKey<[RepositoryPattern]>
        .list(
            "repositories",
            "The repositories that these credentials are for: names, or patterns with * and **; all unless it is said.",
            of: .text(),
            read: pattern
        )
    static let shape = ConfigShape([
        username.field, password.field, identityToken.field, helper.field, provider.field,
        repositories.field,
    ])

    /// The keys of a place where a secret is kept.
    enum Secret {
        static let env = ConfigKey<String>("env", "The name of an environment variable.", .text()) { node, reader in
            guard let name = reader.text(node, "the name of a variable") else { return nil }
            guard !name.contains(where: { $0 == "=" || $0 == "$" || $0.isWhitespace }) else {
                reader.report(.badName("an environment variable"), at: node)
                return nil
            }
            return name
        }
        static let file = ConfigKey<String>.path("file", "A file; one newline at its end does not count.")
        static let anywhere = ConfigShape([env.field, file.field, helper.field])
        static let inPlace = ConfigShape([env.field, file.field])

        static func read(
            _ node: ConfigNode,
            _ reader: ConfigReader,
            _ shape: ConfigShape
        ) -> RegistrySettings.SecretSource? {
            if case .scalar = node.value {
                reader.report(.literalSecret, at: node)
                return nil
            }
            guard let entry = reader.mapping(node, shape) else { return nil }
            guard entry.entries.count == 1 else {
                if !entry.entries.isEmpty { reader.report(.oneOf(shape.names), at: node) }
                return nil
            }
            return entry.value(env).map { .environment($0) } ?? entry.value(file).map { .file($0) }
                ?? entry.value(helper).map { .helper($0) }
        }

        static func helperName(_ node: ConfigNode, _ reader: ConfigReader) -> String? {
            guard let name = reader.text(node, "the name of a helper") else { return nil }
            guard CredentialHelper.isName(name) else {
                reader.report(.badName("a helper: write NAME for a program docker-credential-NAME on PATH"), at: node)
                return nil
            }
            return name
        }
    }

    @Sendable static func pattern(_ item: ConfigNode, _ reader: ConfigReader) -> RepositoryPattern? {
        reader.text(item, "the name of a repository").flatMap { RepositoryKeys.pattern($0, at: item, reader) }
    }

    static func read(_ node: ConfigNode, _ reader: ConfigReader) -> RegistrySettings.Credentials? {
        guard let entry = reader.mapping(node, shape) else { return nil }
        let name = entry.value(username)
        let secret = entry.value(password)
        let token = entry.value(identityToken)
        let program = entry.value(helper)
        let cloud = entry.value(provider)
        let isPassword = entry.has(username) || entry.has(password)
        let others = [entry.has(identityToken), entry.has(helper), entry.has(provider)]
        guard ([isPassword] + others).count(where: { $0 }) == 1 else {
            // Where the keys were mistyped, saying that is enough.
            if !entry.entries.isEmpty || reader.entries(node)?.isEmpty == true {
                reader.report(.oneOf(["username and password", "identity-token", "helper", "provider"]), at: node)
            }
            return nil
        }
        if isPassword {
            for (key, other) in [("username", "password"), ("password", "username")] where entry[other] == nil {
                reader.report(.needs(other), at: entry.mark(of: key), node.path.key(key))
            }
            if let name, name.contains(":"), let node = entry["username"] {
                reader.report(.badName("a user: a colon cannot stand in it"), at: node)
                return nil
            }
            return name.flatMap { name in secret.map { .password(username: name, $0) } }
        }
        return token.map { .identityToken($0) } ?? program.map { .helper($0) } ?? cloud.map { .provider($0) }
    }
}

extension RegistrySettings {
    /// Reads the entry of one registry.
    init(_ node: ConfigNode, _ reader: ConfigReader) {
        guard let entry = reader.mapping(node, RegistryKeys.shape) else { return }
        if let rules = entry.value(RegistryKeys.credentials) {
            credentials = rules.others
            repositoryCredentials = rules.byRepository
        }
        scheme = entry.value(RegistryKeys.transport)?.scheme
        product = entry.value(RegistryKeys.product)
        api = entry.value(RegistryKeys.api)
        keptPulls = entry.value(RegistryKeys.keepPulls)
        pullShortage = entry.value(RegistryKeys.pullsUsedUp)
        certificateAuthority = entry.value(RegistryKeys.certificateAuthority)
        if let certificate = entry.value(RegistryKeys.clientCertificate), let key = entry.value(RegistryKeys.clientKey)
        {
            clientCertificate = ClientCertificate(certificate: certificate, key: key)
        }
        skipsCertificateVerification = entry.value(RegistryKeys.skipCertificateVerification) ?? false
        minimumTLS = entry.value(RegistryKeys.minimumTLS)
        if let limits = entry.value(RegistryKeys.limits) {
            requests = limits.value(RegistryKeys.Limits.requests)
            chunkedAbove = limits.value(RegistryKeys.Limits.chunkedAbove)?.value
            bandwidth = limits.value(RegistryKeys.Limits.bandwidth)
        }
        if let timeouts = entry.value(RegistryKeys.timeouts) {
            connectTimeout = timeouts.value(RegistryKeys.Timeouts.connect)
            idleTimeout = timeouts.value(RegistryKeys.Timeouts.idle)
            commitTimeout = timeouts.value(RegistryKeys.Timeouts.commit)
        }
        tokenServers = entry.value(RegistryKeys.tokenServers) ?? []
        uploadHosts = entry.value(RegistryKeys.uploadHosts) ?? []
        create = entry.value(CreateKeys.create)
        mirrors = entry.value(MirrorKeys.mirrors) ?? []
        usesOnlyMirrors = entry.value(MirrorKeys.onlyMirrors) ?? false
        checkTogether(entry, reader)
    }

    /// Keys that are right by themselves, but not beside each other.
    private func checkTogether(_ entry: ConfigMapping, _ reader: ConfigReader) {
        func report(_ problem: ConfigMistake.Problem, _ key: String) {
            reader.report(problem, at: entry.mark(of: key), entry.node.path.key(key))
        }
        let certificate = RegistryKeys.clientCertificate.name
        let key = RegistryKeys.clientKey.name
        switch (entry[certificate], entry[key]) {
        case (.some, nil): report(.needs(key), certificate)
        case (nil, .some): report(.needs(certificate), key)
        default: break
        }
        if !mirrors.isEmpty, entry[RegistryKeys.keepPulls.name] != nil {
            report(.contradicts(MirrorKeys.mirrors.name), RegistryKeys.keepPulls.name)
        }
        if usesOnlyMirrors, mirrors.isEmpty {
            report(.needs(MirrorKeys.mirrors.name), MirrorKeys.onlyMirrors.name)
        }
        let authority = RegistryKeys.certificateAuthority.name
        let skipping = RegistryKeys.skipCertificateVerification.name
        if scheme == .http {
            for key in [authority, certificate, key, skipping, RegistryKeys.minimumTLS.name] where entry[key] != nil {
                report(.contradicts("transport: http"), key)
            }
        } else if skipsCertificateVerification, entry[authority] != nil {
            report(.contradicts("\(skipping): true"), authority)
        }
    }
}
