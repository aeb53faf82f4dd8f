// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

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
        let (folderPath, name) = path.folderAndName
        guard let file = try Folder.open(at: folderPath, observer: nil)?.file(name) else {
            throw ArchiveError.noFile(path: path)
        }
        self.path = path
        self.file = file
        count = try file.status().size
    }

    /// Reads at most `count` bytes into a buffer of their own; fewer at the end of the archive.
    func readBuffer(_ count: Int, at offset: Int64) throws -> ByteBuffer { try file.readBuffer(count, at: offset) }

    /// Reads at most `count` bytes.
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        try file.read(count, at: offset)
    }
}

extension String {
    /// The folder of a path that a person named, and the name in it.
    var folderAndName: (folder: String, name: String) {
        guard let slash = lastIndex(of: "/") else { return (".", self) }
        return (slash == startIndex ? "/" : String(self[..<slash]), String(self[index(after: slash)...]))
    }
}
