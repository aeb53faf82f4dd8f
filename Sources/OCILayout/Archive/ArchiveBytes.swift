// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import OCI
import OCIContent

/// The bytes of an archive; calls block.
struct ArchiveBytes: PositionedInput {
    /// The file, for people.
    let path: String
    let count: Int64
    /// What the volume behind the last one would be called; `nil` for an archive in one file.
    let nextVolume: String?
    private let files: VolumeFiles

    /// Opens the file or the volumes of an archive.
    /// - Throws: ``ArchiveError/noFile(path:)``, ``ArchiveError/damaged(path:offset:_:)`` for a volume that was cut,
    ///   ``StoreError``.
    init(_ set: VolumeSet) throws {
        let opened = try set.files.map { try OpenFile.named($0) }
        let sizes = try opened.map { try $0.status().size }
        // All volumes but the last are equally long.
        let size = sizes.max() ?? 0
        for (file, length) in zip(opened, sizes).dropLast() where length != size {
            throw ArchiveError.damaged(path: file.path, offset: length, .cut)
        }
        path = set.path
        count = sizes.reduce(0, +)
        nextVolume = set.isNumbered ? set.path.numbered(opened.count + 1) : nil
        files = VolumeFiles(files: opened, volumeSize: max(size, 1))
    }

    /// Opens an archive in one file.
    /// - Throws: ``ArchiveError/noFile(path:)``, ``StoreError``.
    init(at path: String) throws { try self.init(try OpenFile.named(path), path: path) }

    private init(_ file: OpenFile, path: String) throws {
        files = VolumeFiles(files: [file], volumeSize: .max)
        self.path = path
        count = try file.status().size
        nextVolume = nil
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

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        try files.read(into: buffer, at: offset)
    }
}

extension OpenFile {
    /// Opens a file that a person named, to read it: links on the way are theirs, and are followed.
    /// - Throws: ``ArchiveError/noFile(path:)``, ``StoreError``.
    static func named(_ path: String) throws -> OpenFile {
        // Without O_NONBLOCK, a pipe would be waited for.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw ArchiveError.noFile(path: path) }
            throw StoreError.system(.open, path: path, errno: errno)
        }
        let file = OpenFile(descriptor: descriptor, path: path, observer: nil)
        guard try file.status().isRegular else { throw StoreError.unexpectedFile(path: path) }
        return file
    }
}
