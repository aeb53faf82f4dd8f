// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// A P-256 key with a certificate of its own, and the tokens that it signs (JWT, RFC 7519, with ES256).
public struct TokenSigner: Sendable {
    /// The claims of a token, named as docker-registry reads them.
    public struct Claims: Codable, Sendable {
        /// The issuer.
        public var iss: String
        /// The user.
        public var sub: String
        /// The service.
        public var aud: String
        /// The end of its life, in seconds since 1970.
        public var exp: Int
        /// The begin of its life.
        public var nbf: Int
        /// When it was made.
        public var iat: Int
        /// Its name.
        public var jti: String
        /// What it allows.
        public var access: [TokenScope]
    }

    private struct Header: Encodable {
        let typ = "JWT"
        let alg = "ES256"
        /// The certificate, in base64 (not base64url) of its DER form (RFC 7515, 4.1.6).
        let x5c: [String]
    }

    /// The PEM file of the certificate.
    public let certificate: String
    private let key: P256.Signing.PrivateKey
    private let header: String

    /// Makes a key and its certificate with `openssl`.
    /// - Parameter directory: Where their files are written; it must exist.
    /// - Throws: ``ToolFailure``.
    public static func make(in directory: String) async throws -> TokenSigner {
        let keyFile = "\(directory)/token-key.pem"
        let certificate = "\(directory)/token-certificate.pem"
        try await Tool.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch",
                "-keyout", keyFile, "-out", certificate, "-days", "2", "-subj", "/CN=token signer of a test",
            ]
        )
        let key = try P256.Signing.PrivateKey(
            pemRepresentation: String(contentsOfFile: keyFile, encoding: .utf8)
        )
        let body = try String(contentsOfFile: certificate, encoding: .utf8)
            .split(separator: "\n")
            .filter { !$0.hasPrefix("-----") }
            .joined()
        return TokenSigner(certificate: certificate, key: key, header: try encoded(Header(x5c: [body])))
    }

    /// A token of these claims.
    public func token(_ claims: Claims) throws -> String {
        let text = "\(header).\(try Self.encoded(claims))"
        let signature = try key.signature(for: Data(text.utf8))
        return "\(text).\(Self.base64url(signature.rawRepresentation))"
    }

    private static func encoded(_ value: some Encodable) throws -> String { base64url(try JSONEncoder().encode(value)) }

    private static func base64url(_ data: Data) -> String {
        data.base64EncodedString()
            .replacing("+", with: "-")
            .replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
