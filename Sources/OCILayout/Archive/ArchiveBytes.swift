// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import OCI
import OCIContent

/// The bytes of an archive; calls block.
struct ArchiveBytes: Sendable {
    /// The file, for people.
    let path: String
    let count: Int64
    private let file: OpenFile

    /// Opens a file.
    /// - Throws: ``ArchiveError/noFile(path:)``, ``StoreError``.
    init(at path: String) throws {
        // A person named it: links on the way are theirs. Without O_NONBLOCK, a pipe would be waited for.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw ArchiveError.noFile(path: path) }
            throw StoreError.system(.open, path: path, errno: errno)
        }
        file = OpenFile(descriptor: descriptor, path: path, observer: nil)
        self.path = path
        let status = try file.status()
        guard status.isRegular else { throw StoreError.unexpectedFile(path: path) }
        count = status.size
    }

    private init(_ file: OpenFile, path: String) throws {
        self.file = file
        self.path = path
        count = try file.status().size
    }

    /// The same bytes, or what they were compressed from, in a file without a name.
    /// - Parameters:
    ///   - folder: Where that file is made; it must be there.
    ///   - isCancelled: Whether nobody waits any more.
    /// - Throws: ``ArchiveError`` for what cannot be decompressed, ``StoreError``; `CancellationError`.
    func decompressed(in folder: String, isCancelled: @escaping @Sendable () -> Bool) throws -> ArchiveBytes {
        guard let compression = Compression(mark: try read(Compression.markLength, at: 0)) else { return self }
        let room = OpenFile(descriptor: try NamelessFile.open(in: folder), path: folder, observer: nil)
        try Decompression(self, compression, isCancelled: isCancelled).write(to: room)
        return try ArchiveBytes(room, path: path)
    }

    /// A piece of it, as a blob.
    func blob(_ digest: Digest, in range: Range<Int64>, files: StoreFiles) -> StoredBlob {
        StoredBlob(digest, file: file, in: range, files: files)
    }

    /// The digest of a piece.
    func digest(of range: Range<Int64>, isCancelled: () -> Bool) throws -> Digest {
        var digester = Digester(.sha256)
        var position = range.lowerBound
        while position < range.upperBound {
            if isCancelled() { throw CancellationError() }
            let length = Int(min(range.upperBound - position, Int64(StoreFiles.chunkSize)))
            let buffer = try readBuffer(length, at: position)
            guard buffer.readableBytes == length else {
                throw ArchiveError.damaged(path: path, offset: position, .cut)
            }
            digester.update(buffer)
            position += Int64(length)
        }
        return digester.digest()
    }

    /// Reads at most `count` bytes into a buffer of their own; fewer at the end of the archive.
    func readBuffer(_ count: Int, at offset: Int64) throws -> ByteBuffer { try file.readBuffer(count, at: offset) }

    /// Reads at most `count` bytes.
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        try file.read(count, at: offset)
    }
}
