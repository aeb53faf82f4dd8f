// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

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

    /// Reads at most `count` bytes into a buffer of their own; fewer at the end of the archive.
    func readBuffer(_ count: Int, at offset: Int64) throws -> ByteBuffer { try file.readBuffer(count, at: offset) }

    /// Reads at most `count` bytes.
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        try file.read(count, at: offset)
    }
}
