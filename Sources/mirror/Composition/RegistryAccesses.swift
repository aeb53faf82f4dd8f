// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry

/// How registries are reached and convinced: what the config file says, what the environment says, and where credentials
/// are kept.
struct RegistryAccesses {
    private let configuration: MirrorConfiguration
    private let proxy: ProxySettings
    private let credentials: CredentialStores
    private let clouds: CloudCredentials
    private let warn: @Sendable (String) -> Void

    /// Reads the environment.
    /// - Parameter warn: Told of what is not right, but stops nothing.
    /// - Throws: What is wrong with the environment.
    init(
        _ configuration: MirrorConfiguration,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        warn: @escaping @Sendable (String) -> Void
    ) throws {
        self.configuration = configuration
        proxy = try ProxySettings(environment: environment)
        let files = DockerConfigStore.defaultLocations(environment: environment)
            .map {
                DockerConfigStore(path: $0, environment: environment)
            }
        clouds = CloudCredentials(
            environment: environment,
            proxy: proxy,
            userAgent: Product.userAgent,
            scheme: { configuration.scheme(of: $0) }
        )
        credentials = CredentialStores(
            [ConfigCredentialStore(configuration, environment: environment, clouds: clouds)] + files
                + [CloudCredentialStore(clouds, environment: environment)]
        )
        self.warn = warn
        for warning in files.compactMap({ $0.warning() }) { warn(CredentialWording.sentence(for: warning)) }
    }

    /// The hosts that the config file names.
    var configuredHosts: [RegistryHost] { configuration.registries.keys.sorted() }

    /// What the config file says of a registry.
    func settings(of host: RegistryHost) -> RegistrySettings { configuration[host] }

    /// What is kept of blobs on their way.
    var spool: SpoolSettings { configuration.spool }

    /// How many bytes a second may be written in all.
    var bandwidth: BandwidthSchedule { configuration.bandwidth }

    /// How many bytes a second may be read from a registry, and written to it.
    func bandwidth(of host: RegistryHost) -> ByteRate? { configuration[host].bandwidth }

    /// How much of a registry's pulls is used.
    func pullRule(of host: RegistryHost) -> PullRule { configuration[host].pullRule }

    /// Whether a registry itself is never read from.
    func usesOnlyMirrors(_ host: RegistryHost) -> Bool { configuration[host].usesOnlyMirrors }

    /// The places that are read from before a registry.
    ///
    /// What is written to a place is not read from there, unless there is nowhere else to read it from: it is what the place
    /// lacks, or has wrong.
    func mirrors(of host: RegistryHost, besides destination: RegistryHost?) -> [MirrorPlace] {
        let settings = configuration[host]
        let others = settings.mirrors.filter { $0.host != destination }
        return others.isEmpty && settings.usesOnlyMirrors ? settings.mirrors : others
    }

    /// The credential for a registry, and for one of its repositories.
    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
        try await credentials.credential(for: host, repository: repository)
    }

    /// The scheme of a registry: the written one, or the configured one, or the default.
    func scheme(of host: RegistryHost, written: Scheme?) -> Scheme {
        written ?? configuration.scheme(of: host)
    }

    /// A registry, and the scheme that is written in front of it, if one is.
    /// - Parameters:
    ///   - uploads: What is remembered of open uploads to it.
    ///   - memory: What earlier runs found out about it.
    func registry(
        _ host: RegistryHost,
        written: Scheme?,
        uploads: any UploadMemory = OpenUploads(),
        memory: any RegistryMemory = NoRegistryMemory()
    ) throws -> RemoteRegistry {
        let scheme = scheme(of: host, written: written)
        return try registry(host, scheme: scheme, credentials: credentials, uploads: uploads, memory: memory)
    }

    /// A registry by its host alone.
    /// - Parameter store: Where credentials are looked for, if not where they are kept.
    func registry(_ host: RegistryHost, showing store: (any CredentialStore)? = nil) throws -> RemoteRegistry {
        try registry(host, scheme: scheme(of: host, written: nil), credentials: store ?? credentials)
    }

    private func registry(
        _ host: RegistryHost,
        scheme: Scheme,
        credentials: any CredentialStore,
        uploads: any UploadMemory = OpenUploads(),
        memory: any RegistryMemory = NoRegistryMemory()
    ) throws -> RemoteRegistry {
        let settings = configuration[host]
        if settings.skipsCertificateVerification {
            warn("the certificate of \(host) is not verified (skip-certificate-verification): anybody can pose as it")
        }
        var limits = settings.limits
        limits.requests = min(limits.requests, OpenFiles.requests)
        return RemoteRegistry(
            host: host,
            scheme: scheme,
            limits: limits,
            access: RegistryAccess(
                credentials: credentials,
                tokenServers: Set(settings.tokenServers),
                uploadHosts: Set(settings.uploadHosts),
                tls: try settings.tls(),
                proxy: proxy,
                api: settings.api,
                creation: settings.create?.way(of: settings.product ?? RegistryProduct(knownBy: host)),
                clouds: clouds
            ),
            product: settings.product,
            uploads: uploads,
            memory: memory,
            userAgent: Product.userAgent
        )
    }
}

extension MirrorConfiguration {
    /// The scheme of a registry whose address says none.
    fileprivate func scheme(of host: RegistryHost) -> Scheme { self[host].scheme ?? (host.isLoopback ? .http : .https) }
}

extension RegistrySettings {
    /// The certificates and keys that the settings name, read from their files.
    fileprivate func tls() throws(TLSFileError) -> TLSSettings {
        try TLSSettings(
            certificateAuthority: certificateAuthority,
            clientCertificate: clientCertificate?.certificate,
            clientKey: clientCertificate?.key,
            minimumVersion: minimumTLS == .v13 ? .tls13 : .tls12,
            skipsVerification: skipsCertificateVerification
        )
    }
}
