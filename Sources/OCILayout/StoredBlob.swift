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
    private let file: OpenFile
    /// Where in the file it begins.
    private let start: Int64
    /// All of a small blob, read when it was opened.
    private let whole: ByteBuffer?

    /// Opens a blob in its folder; `nil` if it is not there; blocks.
    init?(_ digest: Digest, in folder: Folder, files: StoreFiles) throws {
        guard let file = try folder.file(digest.hex) else { return nil }
        self.digest = digest
        self.files = files
        self.file = file
        start = 0
        size = try file.status().size
        whole = size <= 64 << 10 ? try file.readBuffer(Int(size), at: 0) : nil
    }

    /// A part of a file as a blob.
    init(_ digest: Digest, file: OpenFile, in range: Range<Int64>, files: StoreFiles) {
        self.digest = digest
        self.files = files
        self.file = file
        start = range.lowerBound
        size = range.upperBound - range.lowerBound
        whole = nil
    }

    /// The bytes of a range, which is cut to the length of the blob.
    ///
    /// Nothing is verified here.
    /// - Throws: ``ContentError/tooShort(_:expected:received:)`` from the stream if something has cut the file.
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
        return .reading(range, of: digest, on: files) { [file, start] in try file.readBuffer($0, at: start + $1) }
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
