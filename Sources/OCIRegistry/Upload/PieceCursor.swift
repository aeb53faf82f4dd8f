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
    private var source: Source
    private var rest: ByteBuffer?

    /// Where the bytes come from; a stream is begun once only.
    private enum Source {
        case direct(ByteStream.AsyncIterator)
        case ahead(ReadAhead, Slots.Slot)

        mutating func next() async throws -> ByteBuffer? {
            switch self {
            case .direct(var iterator):
                // An iterator is a reference to its pull, so that a copy goes on where this one stands.
                return try await iterator.next()
            case .ahead(let ahead, _): return try await ahead.next()
            }
        }
    }

    /// - Parameter room: Room for bytes that are read while the answer to a piece is waited for, if there is any.
    init(_ reading: BlobContent.Reading, room: Slots.Slot?) {
        self.reading = reading
        position = reading.stream.range.lowerBound
        source =
            if let room {
                .ahead(ReadAhead(upTo: Self.bytesAhead) { reading.stream }, room)
            } else {
                .direct(reading.stream.makeAsyncIterator())
            }
    }

    /// What a room is room for.
    static let bytesAhead = 2 << 20

    /// The next bytes, as a stream of their own.
    func piece(_ count: Int) -> ByteStream {
        let end = position + Int64(count)
        return ByteStream(range: position..<end) { { [self] in try await next(before: end) } }
    }

    private func next(before end: Int64) async throws -> ByteBuffer? {
        guard position < end else { return nil }
        let next: ByteBuffer? = if let rest { rest } else { try await source.next() }
        guard var buffer = next else { return nil }
        let count = Int(min(end - position, Int64(buffer.readableBytes)))
        let part = buffer.readSlice(length: count)
        rest = buffer.readableBytes > 0 ? buffer : nil
        position += Int64(count)
        return part
    }
}
