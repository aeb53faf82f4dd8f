// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCertificateReloading
import NIOSSL
public import ServiceLifecycle

/// The certificate and key of a server, read again when the files change; connections that exist keep what they began with.
///
/// As a service it looks after the files once in a while.
public struct ServerCertificate: Service {
    private let reloader: TimedCertificateReloader
    private let certificatePath: String
    private let keyPath: String

    /// Reads both files, in PEM form: the certificate first, then those between it and its root.
    /// - Parameters:
    ///   - interval: How often the files are read again.
    ///   - reloaded: Told when they could not be used, with a reason; what was read last stays in use.
    /// - Throws: ``CertificateError``.
    public init(
        certificatePath: String,
        keyPath: String,
        every interval: Duration = .seconds(30),
        failed: @escaping @Sendable (CertificateError) -> Void = { _ in }
    ) throws(CertificateError) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        let configuration = TimedCertificateReloader.Configuration(
            refreshInterval: interval,
            certificateSource: .init(location: .file(path: certificatePath), format: .pem),
            privateKeySource: .init(location: .file(path: keyPath), format: .pem)
        ) { configuration in
            configuration.onCertificateLoadFailed = { failure in
                failed(CertificateError(certificatePath: certificatePath, keyPath: keyPath, reason: "\(failure.error)"))
            }
        }
        do {
            reloader = try TimedCertificateReloader.makeReloaderValidatingSources(configuration: configuration)
        } catch {
            throw CertificateError(certificatePath: certificatePath, keyPath: keyPath, reason: "\(error)")
        }
    }

    /// Looks after the files until the server ends.
    public func run() async throws { try await reloader.run() }

    /// Reads the files now.
    public func reload() throws(CertificateError) {
        do { try reloader.reload() } catch {
            throw CertificateError(certificatePath: certificatePath, keyPath: keyPath, reason: "\(error)")
        }
    }

    func makeContext() throws(CertificateError) -> NIOSSLContext {
        do {
            var configuration = try TLSConfiguration.makeServerConfiguration(certificateReloader: reloader)
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CertificateError(certificatePath: certificatePath, keyPath: keyPath, reason: "\(error)")
        }
    }
}

/// A certificate and a key that cannot be used together.
public struct CertificateError: Error, Hashable, Sendable {
    /// The file of the certificate.
    public let certificatePath: String
    /// The file of the key.
    public let keyPath: String
    /// What the library says about it.
    public let reason: String
}
