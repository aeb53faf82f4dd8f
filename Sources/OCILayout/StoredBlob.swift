// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCI
public import OCIContent

/// A blob of a repository, opened: it can be read to its end even if it is removed meanwhile.
public struct StoredBlob: Sendable {
    /// The name of the content.
    public let digest: Digest
    /// The length in bytes.
    public let size: Int64
    private let files: StoreFiles
    private let bytes: @Sendable (_ count: Int, _ offset: Int64) throws -> ByteBuffer
    /// All of a small blob, read when it was opened.
    private let whole: ByteBuffer?
    /// Whether the bytes have been hashed already, in a store when they arrived, or whoever reads them does it.
    private let isVerified: Bool

    /// Opens a blob in its folder; `nil` if it is not there; blocks.
    init?(_ digest: Digest, in folder: Folder, files: StoreFiles) throws {
        guard let file = try folder.file(digest.hex) else { return nil }
        self.digest = digest
        self.files = files
        bytes = { try file.readBuffer($0, at: $1) }
        size = try file.status().size
        whole = size <= 64 << 10 ? try file.readBuffer(Int(size), at: 0) : nil
        isVerified = true
    }

    /// Opens a blob in an archive, whose bytes nobody has hashed since they were carried here; blocks.
    /// - Throws: ``ContentError/wrongDigest(expected:actual:)`` for a small blob: what is read in one go is hashed at once.
    init(_ digest: Digest, _ piece: ArchivePiece, files: StoreFiles) throws {
        self.digest = digest
        self.files = files
        bytes = { try piece.readBuffer($0, at: $1) }
        size = piece.size
        let isSmall = size <= Int64(StoreFiles.chunkSize)
        whole = isSmall ? ByteBuffer(bytes: try piece.bytes(of: digest)) : nil
        isVerified = isSmall
    }

    /// A blob in an archive, whose bytes the reader hashes.
    init(_ digest: Digest, unchecked piece: ArchivePiece, files: StoreFiles) {
        self.digest = digest
        self.files = files
        bytes = { try piece.readBuffer($0, at: $1) }
        size = piece.size
        whole = nil
        isVerified = true
    }

    /// The bytes of a range, which is cut to the length of the blob.
    ///
    /// The last bytes of a whole blob that was not hashed before are held back until its digest is right; of a part nothing can be known.
    /// - Throws: ``ContentError/tooShort(_:expected:received:)`` from the stream if something has cut the file,
    ///   ``ContentError/wrongDigest(expected:actual:)``.
    public func read(_ range: Range<Int64>) -> ByteStream {
        let range = range.clamped(to: 0..<size)
        if let whole, whole.readableBytes == size {
            let slice = whole.getSlice(at: Int(range.lowerBound), length: range.count) ?? ByteBuffer()
            return ByteStream(range: range) {
                var rest: ByteBuffer? = slice.readableBytes > 0 ? slice : nil
                return {
                    defer { rest = nil }
                    return rest
                }
            }
        }
        let stream = ByteStream.reading(range, of: digest, on: files, bytes)
        guard !isVerified, range == 0..<size else { return stream }
        return stream.verified(as: Descriptor(mediaType: .octetStream, digest: digest, size: size))
    }

    /// All bytes.
    public func read() -> ByteStream { read(0..<size) }
}

extension ByteStream {
    /// A part of content that is in files, read piece by piece as it is asked for.
    /// - Parameter read: Reads so many bytes at a place of the content; blocks.
    static func reading(
        _ range: Range<Int64>,
        of digest: Digest,
        on files: StoreFiles,
        _ read: @escaping @Sendable (_ count: Int, _ offset: Int64) throws -> ByteBuffer
    ) -> ByteStream {
        ByteStream(range: range) {
            var position = range.lowerBound
            return {
                try Task.checkCancellation()
                let start = position
                let count = Int(Swift.min(range.upperBound - start, Int64(StoreFiles.chunkSize)))
                guard count > 0 else { return nil }
                let buffer = try await files.run { try read(count, start) }
                guard buffer.readableBytes == count else {
                    let received = start + Int64(buffer.readableBytes)
                    throw ContentError.tooShort(digest, expected: range.upperBound, received: received)
                }
                position += Int64(count)
                return buffer
            }
        }
    }
}
