// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

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
