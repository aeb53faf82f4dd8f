// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCIContent
import OCIRegistry

/// Keys and signatures that lie in files.
enum KeyFile {
    private static let longest = 64 << 10

    /// - Throws: `ExitCode` after a complaint about the file.
    static func signingKey(_ path: String) throws -> SigningKey {
        try key(path, as: "private key") { text throws(KeyError) in try SigningKey(pem: text) }
    }

    /// - Throws: `ExitCode` after a complaint about the file.
    static func verifyingKey(_ path: String) throws -> VerifyingKey {
        try key(path, as: "public key") { text throws(KeyError) in try VerifyingKey(pem: text) }
    }

    private static func key<Key>(
        _ path: String,
        as noun: String,
        _ read: (String) throws(KeyError) -> Key
    ) throws -> Key {
        try ConfigOptions.complaining {
            let text = try text(path, noun)
            do throws(KeyError) { return try read(text) } catch {
                throw KeyFileError(path: path, noun: noun, reason: error)
            }
        }
    }

    /// Checks the signature that lies beside a file.
    /// - Parameters:
    ///   - path: The file; its signature is called so with `.sig`.
    ///   - bytes: What was signed.
    /// - Throws: ``SignatureMismatch``, `ConfigFileMissing`, `SmallFileError`.
    static func check(_ bytes: [UInt8], signedBeside path: String, by key: VerifyingKey) throws {
        let signature = "\(path).sig"
        guard key.accepts(try text(signature, "signature"), of: bytes) else {
            throw SignatureMismatch(path: path, signature: signature)
        }
    }

    private static func text(_ path: String, _ noun: String) throws -> String {
        guard let file = try SmallFile.read(path, limit: longest) else {
            throw ConfigFileMissing(path: path, noun: noun)
        }
        return String(decoding: file.bytes, as: UTF8.self)
    }
}

/// A file has no key that can be used.
struct KeyFileError: Error, Hashable {
    let path: String
    /// What was to be in it.
    let noun: String
    let reason: KeyError
}

/// A file was not signed by the owner of a key, or is not as it was signed.
struct SignatureMismatch: Error, Hashable {
    let path: String
    let signature: String
}
