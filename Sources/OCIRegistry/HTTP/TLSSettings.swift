// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// Whom to trust when a connection is made, and whom to be.
public struct TLSSettings: Sendable {
    /// The versions of TLS that can be asked for at least.
    public enum Version: String, Hashable, Sendable, CaseIterable {
        /// TLS 1.2, which is also the least without a wish.
        case tls12 = "1.2"
        /// TLS 1.3.
        case tls13 = "1.3"
    }

    private let authorities: [NIOSSLCertificate]
    private let certificates: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey?
    private let minimumVersion: Version
    /// Whether any certificate is taken.
    ///
    /// Whoever stands between can read and change everything.
    public let skipsVerification: Bool

    /// The machine's own trust, and no certificate.
    public init() {
        authorities = []
        certificates = []
        key = nil
        minimumVersion = .tls12
        skipsVerification = false
    }

    /// Reads what is needed from files, all in PEM form.
    /// - Parameters:
    ///   - certificateAuthority: Certificates that are trusted beside those of the machine.
    ///   - clientCertificate: The certificate to be shown, and those between it and its authority.
    ///   - clientKey: Its key.
    /// - Throws: ``TLSFileError`` for a file that cannot be read.
    public init(
        certificateAuthority: String? = nil,
        clientCertificate: String? = nil,
        clientKey: String? = nil,
        minimumVersion: Version = .tls12,
        skipsVerification: Bool = false
    ) throws(TLSFileError) {
        func read<Value>(_ path: String, _ load: (String) throws -> Value) throws(TLSFileError) -> Value {
            do { return try load(path) } catch { throw TLSFileError(path: path) }
        }
        authorities =
            try certificateAuthority.map { path throws(TLSFileError) in
                try read(path, NIOSSLCertificate.fromPEMFile)
            } ?? []
        certificates =
            try clientCertificate.map { path throws(TLSFileError) in
                try read(path, NIOSSLCertificate.fromPEMFile)
            } ?? []
        key = try clientKey.map { path throws(TLSFileError) in
            try read(path) { try NIOSSLPrivateKey(file: $0, format: .pem) }
        }
        self.minimumVersion = minimumVersion
        self.skipsVerification = skipsVerification
    }

    private init(_ other: TLSSettings, certificates: [NIOSSLCertificate], key: NIOSSLPrivateKey?, skips: Bool) {
        authorities = other.authorities
        self.certificates = certificates
        self.key = key
        minimumVersion = other.minimumVersion
        skipsVerification = skips
    }

    /// The same trust without the registry's exceptions, and nothing to be shown: for an API of another host.
    var beside: TLSSettings { TLSSettings(self, certificates: [], key: nil, skips: false) }

    /// The settings for the registry itself.
    var own: TLSConfiguration {
        var configuration = other
        configuration.certificateChain = certificates.map { .certificate($0) }
        configuration.privateKey = key.map { .privateKey($0) }
        if skipsVerification { configuration.certificateVerification = .none }
        return configuration
    }

    /// The settings for other hosts that the registry leads to: the same trust, but not its exceptions, and nothing shown.
    var other: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        configuration.additionalTrustRoots = authorities.isEmpty ? [] : [.certificates(authorities)]
        return configuration
    }
}

/// A file with a certificate or a key cannot be read, or holds none.
public struct TLSFileError: Error, Hashable, Sendable {
    /// The file.
    public let path: String
}
