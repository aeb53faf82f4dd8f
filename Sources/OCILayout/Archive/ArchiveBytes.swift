// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The bytes of an archive, which may be cut into several files; calls block.
struct ArchiveBytes: Sendable {
    /// The first file, for people.
    let path: String
    let count: Int64
    private let files: [(start: Int64, file: OpenFile)]

    /// Joins files in their order.
    init(_ files: [OpenFile]) throws {
        var start: Int64 = 0
        var parts: [(start: Int64, file: OpenFile)] = []
        for file in files {
            parts.append((start, file))
            start += try file.status().size
        }
        self.files = parts
        path = files.first?.path ?? ""
        count = start
    }

    /// Reads at most `count` bytes into a buffer of their own; fewer at the end of the archive.
    func readBuffer(_ count: Int, at offset: Int64) throws -> ByteBuffer {
        guard var index = files.lastIndex(where: { $0.start <= offset }) else { return ByteBuffer() }
        var buffer = try files[index].file.readBuffer(count, at: offset - files[index].start)
        while buffer.readableBytes < count, index + 1 < files.count {
            index += 1
            var next = try files[index].file.readBuffer(count - buffer.readableBytes, at: 0)
            buffer.writeBuffer(&next)
        }
        return buffer
    }

    /// Reads at most `count` bytes.
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        Array(try readBuffer(count, at: offset).readableBytesView)
    }
}
