// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCIContent

/// Writes the bytes of an upload to its file and hashes them, while the next ones arrive.
struct UploadWriter {
    private let files: StoreFiles
    private let file: OpenFile
    /// The bytes that are in the file.
    private(set) var position: Int64
    /// The hash of them.
    private(set) var digester: Digester?
    private var gathered: [ByteBuffer] = []
    private var gatheredCount = 0
    private var work: (value: FileWork<Digester?>, count: Int)?

    init(_ file: OpenFile, at position: Int64, digester: Digester?, files: StoreFiles) {
        self.file = file
        self.position = position
        self.digester = digester
        self.files = files
    }

    /// All bytes that were taken, also those that are not in the file yet.
    var taken: Int64 { position + Int64(gatheredCount + (work?.count ?? 0)) }

    /// Takes bytes; they are written when there are enough of them.
    mutating func take(_ buffer: ByteBuffer) async throws {
        guard buffer.readableBytes > 0 else { return }
        gathered.append(buffer)
        gatheredCount += buffer.readableBytes
        if gatheredCount >= StoreFiles.chunkSize { try await start() }
    }

    /// Writes what is left.
    mutating func finish() async throws {
        if gatheredCount > 0 { try await start() }
        try await settle()
    }

    private mutating func start() async throws {
        try await settle()
        let (buffers, count) = (gathered, gatheredCount)
        (gathered, gatheredCount) = ([], 0)
        let work = FileWork<Digester?>(on: files) { [file, position, digester] in
            var digester = digester
            var offset = position
            do {
                for buffer in buffers {
                    try buffer.withUnsafeReadableBytes { try file.write($0, at: offset) }
                    offset += Int64(buffer.readableBytes)
                    digester?.update(buffer)
                }
            } catch {
                // A part of a buffer would be counted by the next one who looks at the length.
                try? file.truncate(to: position)
                throw error
            }
            return digester
        }
        self.work = (work, count)
    }

    private mutating func settle() async throws {
        guard let work else { return }
        self.work = nil
        digester = try await work.value.value
        position += Int64(work.count)
    }
}
