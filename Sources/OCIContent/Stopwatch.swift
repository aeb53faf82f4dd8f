// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The time since a beginning, on any clock.
///
/// Instants of different clocks have different types; durations do not, so that whoever measures and waits with this need
/// not know the clock.
public struct Stopwatch: Sendable {
    private let read: @Sendable () -> Duration
    private let pause: @Sendable (Duration) async throws -> Void

    /// Begins to measure now.
    public init(_ clock: any Clock<Duration> = ContinuousClock()) { self.init(reading: clock) }

    private init<C: Clock>(reading clock: C) where C.Duration == Duration {
        let start = clock.now
        read = { start.duration(to: clock.now) }
        pause = { try await clock.sleep(for: $0) }
    }

    /// How long ago the beginning was.
    public var elapsed: Duration { read() }

    /// Waits.
    /// - Throws: `CancellationError`.
    public func sleep(for duration: Duration) async throws { try await pause(duration) }
}
