// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Decompresses a whole file into another one, once, so that it can be read at any place; calls block.
struct Decompression {
    /// How much may come out, whatever went in.
    private static let freeSize: Int64 = 64 << 20
    /// How many times as much may come out as went in so far: images do not come near, bombs go beyond.
    private static let mostRatio: Int64 = 200
    private static let pieceSize = 1 << 20

    private let bytes: ArchiveBytes
    private let decoder: any Decoder
    private let isCancelled: @Sendable () -> Bool

    init(_ bytes: ArchiveBytes, _ compression: Compression, isCancelled: @escaping @Sendable () -> Bool) throws {
        self.bytes = bytes
        self.isCancelled = isCancelled
        switch compression {
        case .gzip: decoder = try GzipDecoder()
        case .zstandard: decoder = try ZstandardDecoder()
        }
    }

    /// Writes what comes out; members or frames that follow each other are one.
    /// - Throws: ``ArchiveError``, ``StoreError``; `CancellationError`.
    func write(to file: OpenFile) throws {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 1)
        defer { room.deallocate() }
        var progress = Progress()
        while progress.read < bytes.count {
            if isCancelled() { throw CancellationError() }
            let input = try bytes.read(Self.pieceSize, at: progress.read)
            guard !input.isEmpty else { break }
            try input.withUnsafeBytes { try take($0, to: file, by: room, &progress) }
        }
        guard progress.isEnd else { throw damaged(at: progress.read, .cut) }
    }

    /// How far it came.
    private struct Progress {
        var read: Int64 = 0
        var written: Int64 = 0
        /// Whether nothing of a member or frame is open.
        var isEnd = false
    }

    /// How much may have come out of so much that was read: what is still to come says nothing of it.
    static func limit(afterReading count: Int64) -> Int64 {
        let (product, overflows) = count.multipliedReportingOverflow(by: mostRatio)
        let (limit, overflowsToo) = product.addingReportingOverflow(freeSize)
        return overflows || overflowsToo ? .max : limit
    }

    private func take(
        _ input: UnsafeRawBufferPointer,
        to file: OpenFile,
        by room: UnsafeMutableRawBufferPointer,
        _ progress: inout Progress
    ) throws {
        var rest = input
        // A full room may leave more to come, without more going in.
        var isFull = false
        while !rest.isEmpty || isFull {
            let step: DecoderStep
            do { step = try decoder.step(rest, into: room) } catch let mistake as DecoderMistake {
                throw damaged(at: progress.read, .compressed(mistake.reason))
            }
            let given = UnsafeRawBufferPointer(rebasing: room[..<step.given])
            let limit = Self.limit(afterReading: progress.read + Int64(step.taken))
            guard progress.written + Int64(step.given) <= limit else {
                throw ArchiveError.tooMuchInside(path: bytes.path, limit: limit)
            }
            try file.write(given, at: progress.written)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(step.taken))
            isFull = step.given == room.count && !step.isEnd
            progress.read += Int64(step.taken)
            progress.written += Int64(step.given)
            // A step that found nothing to do says nothing of the end.
            if step.isEnd || step.taken > 0 || step.given > 0 { progress.isEnd = step.isEnd }
        }
    }

    private func damaged(at offset: Int64, _ damage: ArchiveError.Damage) -> ArchiveError {
        .damaged(path: bytes.path, offset: offset, damage)
    }
}
