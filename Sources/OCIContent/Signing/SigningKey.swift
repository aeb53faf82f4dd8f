// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials

/// A private key with which files are signed: P-256, as ECDSA over SHA-256, or Ed25519.
///
/// Signatures are base64 on one line: of the DER form for P-256, as `cosign verify-blob --key` reads it.
public struct SigningKey: Sendable {
    private enum Key: Sendable {
        case p256(P256.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    private let key: Key

    /// Reads a key that is not encrypted, in the forms of PKCS #8 or, for P-256, SEC 1.
    /// - Throws: ``KeyError``.
    public init(pem text: String) throws(KeyError) {
        let blocks = PEMBlock.all(in: text)
        guard let block = blocks.first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
            throw blocks.contains { $0.label.hasSuffix("PUBLIC KEY") } ? .publicKey : .notPEM
        }
        guard !block.label.hasPrefix("ENCRYPTED"), !block.isEncrypted else { throw .encrypted }
        if let key = try? P256.Signing.PrivateKey(derRepresentation: block.bytes) {
            self.key = .p256(key)
        } else if let seed = block.bytes.suffix(behind: Ed25519Form.privateKey, count: 32),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        {
            self.key = .ed25519(key)
        } else {
            throw .unsupported
        }
    }

    /// Signs bytes.
    /// - Returns: The signature as the text of a file.
    public func signature(of bytes: [UInt8]) throws -> String {
        let signature =
            switch key {
            case .p256(let key): try key.signature(for: bytes).derRepresentation
            case .ed25519(let key): try key.signature(for: bytes)
            }
        return signature.base64EncodedString() + "\n"
    }
}

/// A public key by which signatures of files are checked.
public struct VerifyingKey: Sendable {
    private enum Key: Sendable {
        case p256(P256.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    private let key: Key

    /// Reads a key in the form that X.509 gives it (`BEGIN PUBLIC KEY`).
    /// - Throws: ``KeyError``.
    public init(pem text: String) throws(KeyError) {
        let blocks = PEMBlock.all(in: text)
        guard let block = blocks.first(where: { $0.label == "PUBLIC KEY" }) else {
            throw blocks.contains { $0.label.hasSuffix("PRIVATE KEY") } ? .privateKey : .notPEM
        }
        if let key = try? P256.Signing.PublicKey(derRepresentation: block.bytes) {
            self.key = .p256(key)
        } else if let bytes = block.bytes.suffix(behind: Ed25519Form.publicKey, count: 32),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        {
            self.key = .ed25519(key)
        } else {
            throw .unsupported
        }
    }

    /// Whether a text is a signature of bytes by the owner of the key.
    public func accepts(_ signature: String, of bytes: [UInt8]) -> Bool {
        guard let signature = Data(base64Encoded: signature.filter { !$0.isWhitespace }) else { return false }
        switch key {
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .ed25519(let key): return key.isValidSignature(signature, for: bytes)
        }
    }
}

/// Why a text is no key that can be used.
public enum KeyError: Error, Hashable, Sendable {
    /// There is no key in it.
    case notPEM
    /// The key is protected by a password.
    case encrypted
    /// It is a key of another kind than P-256 and Ed25519.
    case unsupported
    /// It is the public key, where the private one is needed.
    case publicKey
    /// It is the private key, where the public one is needed.
    case privateKey
}

/// What stands in front of the 32 bytes of an Ed25519 key (RFC 8410, sections 4 and 7).
private enum Ed25519Form {
    static let publicKey: [UInt8] = [0x30, 0x2A, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 0x21, 0]
    static let privateKey: [UInt8] = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20]
}

extension [UInt8] {
    /// What follows a beginning, if it has a length.
    fileprivate func suffix(behind start: [UInt8], count: Int) -> [UInt8]? {
        starts(with: start) && self.count == start.count + count ? Array(dropFirst(start.count)) : nil
    }
}
