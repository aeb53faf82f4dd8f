// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import OCI

/// The bytes of a blob, or of a part of it, as they arrive; pulled by the reader, so that a slow reader slows the sender.
///
/// A stream is read once, by one task.
public struct ByteStream: AsyncSequence, Sendable {
    /// Gives the next bytes; `nil` at the end.
    public typealias Pull = () async throws -> ByteBuffer?

    /// The part of the blob that the stream really delivers; it may begin before what was asked for.
    public let range: Range<Int64>
    private let start: @Sendable () -> Pull

    /// Makes a stream of a function that begins the reading.
    public init(range: Range<Int64>, start: @escaping @Sendable () -> Pull) {
        self.range = range
        self.start = start
    }

    /// A stream of bytes that are in memory.
    public init(_ buffer: ByteBuffer) {
        self.init(range: 0..<Int64(buffer.readableBytes)) {
            var rest: ByteBuffer? = buffer.readableBytes > 0 ? buffer : nil
            return {
                defer { rest = nil }
                return rest
            }
        }
    }

    /// Begins the reading.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pull: start()) }

    /// The reading of a stream.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let pull: Pull

        /// The next bytes; `nil` at the end.
        public mutating func next() async throws -> ByteBuffer? { try await pull() }
    }

    /// All bytes at once; for streams whose length is known to be small.
    public func collect() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in self { bytes.append(contentsOf: buffer.readableBytesView) }
        return bytes
    }
}

extension ByteStream {
    /// The stream without the bytes outside a range, for places that deliver more than they were asked for.
    ///
    /// A stream that ends early stays one that ends early.
    public func clipped(to wanted: Range<Int64>) -> ByteStream {
        guard range.lowerBound < wanted.lowerBound || range.upperBound > wanted.upperBound else { return self }
        return ByteStream(range: range.clamped(to: wanted)) {
            var iterator = makeAsyncIterator()
            var position = range.lowerBound
            return {
                while position < wanted.upperBound, var buffer = try await iterator.next() {
                    let end = position + Int64(buffer.readableBytes)
                    let surplus = Int(
                        Swift.min(Swift.max(wanted.lowerBound - position, 0), Int64(buffer.readableBytes))
                    )
                    position = end
                    buffer.moveReaderIndex(forwardBy: surplus)
                    if end > wanted.upperBound {
                        buffer.moveWriterIndex(to: buffer.writerIndex - Int(end - wanted.upperBound))
                    }
                    if buffer.readableBytes > 0 { return buffer }
                }
                return nil
            }
        }
    }
}

extension Descriptor {
    /// What a place with `length` bytes delivers of a range that is asked for.
    ///
    /// Whoever asks for all gets all, also more than the descriptor says: that the content has another length must show.
    public func delivered(of range: Range<Int64>, from length: Int64) -> Range<Int64> {
        let start = Swift.min(Swift.max(range.lowerBound, 0), length)
        let end = range.upperBound >= size ? length : Swift.min(range.upperBound, length)
        return start..<Swift.max(start, end)
    }
}
