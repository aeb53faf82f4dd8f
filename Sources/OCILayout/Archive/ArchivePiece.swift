// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

/// A piece of content where it stands in an archive; calls block.
struct ArchivePiece: Sendable {
    let archive: ArchiveBytes
    /// Where its bytes begin.
    let offset: Int64
    /// How many bytes it has, as the archive says.
    let size: Int64

    /// All bytes, hashed; for pieces that are known to be small.
    /// - Throws: ``ContentError`` for other bytes than the digest says.
    func bytes(of digest: Digest) throws -> [UInt8] {
        let bytes = try archive.read(Int(size), at: offset)
        let actual = Digester.digest(of: bytes, algorithm: digest.algorithm)
        guard actual == digest else { throw ContentError.wrongDigest(expected: digest, actual: actual) }
        return bytes
    }

    /// At most `count` bytes from a place of the piece on, into a buffer of their own.
    func readBuffer(_ count: Int, at position: Int64) throws -> ByteBuffer {
        try archive.readBuffer(count, at: offset + position)
    }
}

extension BundleFile {
    /// The piece with a digest; `nil` if it is not in the bundle.
    func piece(_ digest: Digest) -> ArchivePiece? {
        map.pieces[digest].map { ArchivePiece(archive: bytes, offset: $0.offset, size: $0.header.size) }
    }
}
