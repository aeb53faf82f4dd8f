// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// A limit of bytes a second that all its streams have together.
///
/// Each stream waits for one piece at a time, and pieces go in the order of asking, so that streams share alike. What was
/// not used is kept for a quarter of a second, not longer.
public final class Throttle: Sendable {
    /// The largest piece that is handed on at once, in bytes.
    static let largestPiece = 256 << 10

    private let limit: @Sendable () -> Int64?
    private let watch: Stopwatch
    /// When all bytes that were taken are paid for.
    private let due = Mutex(Duration.zero)

    /// Makes a limit.
    /// - Parameter limit: The bytes a second that hold now; `nil` for as many as there are. It is asked for every piece.
    public init(clock: any Clock<Duration> = ContinuousClock(), limit: @escaping @Sendable () -> Int64?) {
        watch = Stopwatch(clock)
        self.limit = limit
    }

    /// How many bytes may be taken at once; `nil` for any number.
    ///
    /// An eighth of a second at most, so that bytes flow evenly also at a low limit.
    var piece: Int? { limit().map { Int(clamping: max(1, min($0 / 8, Int64(Self.largestPiece)))) } }

    /// Waits until a number of bytes may pass.
    /// - Throws: `CancellationError`; the bytes count as passed then, too.
    func take(_ count: Int) async throws {
        guard let limit = limit() else { return }
        let cost = Duration.seconds(Double(count) / Double(max(1, limit)))
        let wait = due.withLock { due in
            let now = watch.elapsed
            due = max(due, now - .milliseconds(250)) + cost
            return due - now
        }
        if wait > .zero { try await watch.sleep(for: wait) }
    }
}

extension ByteStream {
    /// The same stream, no faster than some limits allow; its buffers are cut, not copied.
    public func paced(by throttles: [Throttle]) -> ByteStream {
        guard !throttles.isEmpty else { return self }
        return ByteStream(range: range) {
            var iterator = makeAsyncIterator()
            var rest = ByteBuffer()
            return {
                while rest.readableBytes == 0 {
                    guard let buffer = try await iterator.next() else { return nil }
                    rest = buffer
                }
                let length = Swift.min(rest.readableBytes, throttles.compactMap(\.piece).min() ?? .max)
                for throttle in throttles { try await throttle.take(length) }
                return rest.readSlice(length: length)
            }
        }
    }
}
