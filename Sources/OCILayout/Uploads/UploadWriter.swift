// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCIContent

/// Something that bytes are written to at given places; calls block.
protocol PositionedOutput: Sendable {
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws

    /// Takes back what was written behind a place, as far as that is possible: writing it ended in the middle.
    func takeBack(from offset: Int64)
}

extension OpenFile: PositionedOutput {
    /// A part of a buffer would be counted by the next one who looks at the length.
    func takeBack(from offset: Int64) { try? truncate(to: offset) }
}

/// Writes the bytes of an upload to their place and hashes them, while the next ones arrive.
struct UploadWriter {
    private let files: StoreFiles
    private let output: any PositionedOutput
    /// The bytes that are in the file.
    private(set) var position: Int64
    /// The hash of them.
    private(set) var digester: Digester?
    private var gathered: [ByteBuffer] = []
    private var gatheredCount = 0
    private var work: (value: FileWork<Digester?>, count: Int)?

    init(_ output: any PositionedOutput, at position: Int64, digester: Digester?, files: StoreFiles) {
        self.output = output
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
        let work = FileWork<Digester?>(on: files) { [output, position, digester] in
            var digester = digester
            var offset = position
            do {
                for buffer in buffers {
                    try buffer.withUnsafeReadableBytes { try output.write($0, at: offset) }
                    offset += Int64(buffer.readableBytes)
                    digester?.update(buffer)
                }
            } catch {
                output.takeBack(from: position)
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
