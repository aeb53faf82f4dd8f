// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Crypto
public import NIOCore
public import OCI

/// Hashes bytes as they pass.
public struct Digester: Sendable {
    private enum State {
        case sha256(SHA256)
        case sha512(SHA512)
    }

    private var state: State

    /// Starts a hash.
    public init(_ algorithm: OCI.Digest.Algorithm) {
        state =
            switch algorithm {
            case .sha256: .sha256(SHA256())
            case .sha512: .sha512(SHA512())
            }
    }

    /// Takes in the readable bytes of a buffer.
    public mutating func update(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { update($0) }
    }

    /// Takes in bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .sha256(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha256(hash)
        case .sha512(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha512(hash)
        }
    }

    /// The digest of what was taken in so far.
    public func digest() -> OCI.Digest {
        switch state {
        case .sha256(let hash): OCI.Digest(algorithm: .sha256, hash: Array(hash.finalize()))
        case .sha512(let hash): OCI.Digest(algorithm: .sha512, hash: Array(hash.finalize()))
        }
    }

    /// The digest of bytes that are in memory.
    public static func digest(of bytes: [UInt8], algorithm: OCI.Digest.Algorithm = .sha256) -> OCI.Digest {
        var digester = Digester(algorithm)
        bytes.withUnsafeBytes { digester.update($0) }
        return digester.digest()
    }
}
