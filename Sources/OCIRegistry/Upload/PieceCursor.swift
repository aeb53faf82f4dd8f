// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCIContent

/// Cuts one reading of a blob into the pieces in which it is sent, without copying.
///
/// It is unchecked because the HTTP client pulls each piece from a task of its own: one piece is pulled at a time, and the
/// next is asked for only after the answer to the last, so that no two tasks ever use it at once.
final class PieceCursor: @unchecked Sendable {
    let reading: BlobContent.Reading
    /// The bytes from the start of the blob that were handed on.
    private(set) var position: Int64
    private var iterator: ByteStream.AsyncIterator
    private let ahead: ReadAhead?
    private let room: Slots.Slot?
    private var rest: ByteBuffer?

    /// - Parameter room: Room for bytes that are read while the answer to a piece is waited for, if there is any.
    init(_ reading: BlobContent.Reading, room: Slots.Slot?) {
        self.reading = reading
        self.room = room
        position = reading.stream.range.lowerBound
        iterator = reading.stream.makeAsyncIterator()
        ahead = room.map { _ in ReadAhead(upTo: Self.bytesAhead) { reading.stream } }
    }

    /// What a room is room for.
    static let bytesAhead = 4 << 20


    /// The next bytes, as a stream of their own.
    func piece(_ count: Int) -> ByteStream {
        let end = position + Int64(count)
        return ByteStream(range: position..<end) { { [self] in try await next(before: end) } }
    }

    private func next(before end: Int64) async throws -> ByteBuffer? {
        guard position < end else { return nil }
        let next: ByteBuffer? =
            if let rest { rest } else if let ahead { try await ahead.next() } else { try await iterator.next() }
        guard var buffer = next else { return nil }
        let count = Int(min(end - position, Int64(buffer.readableBytes)))
        let part = buffer.readSlice(length: count)
        rest = buffer.readableBytes > 0 ? buffer : nil
        position += Int64(count)
        return part
    }
}
