// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How often and after which pauses a failed request is made again.
///
/// This is the only layer that repeats anything. Pauses grow by doubling, with jitter, so that many requests that failed
/// together do not come back together.
public struct RetryPolicy: Sendable {
    /// How often something is tried at most without getting any further.
    public var attempts: Int
    /// The pause after the first failure.
    public var firstPause: Duration
    /// The longest pause, also where the other side asks for a longer one.
    public var longestPause: Duration
    private let clock: any Clock<Duration>
    private let random: @Sendable () -> Double

    /// Makes a policy.
    /// - Parameters:
    ///   - attempts: At least 1.
    ///   - random: A number from 0 to 1, for the jitter.
    public init(
        attempts: Int = 5,
        firstPause: Duration = .milliseconds(500),
        longestPause: Duration = .seconds(60),
        clock: any Clock<Duration> = ContinuousClock(),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.attempts = max(1, attempts)
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.clock = clock
        self.random = random
    }

    /// The pause after a number of failures in a row: the doubled first pause, of which a random half is left out, or the
    /// wish of the other side if it is longer.
    func pause(afterFailures failures: Int, wish: Duration?) -> Duration {
        let doubled = firstPause * (1 << min(failures - 1, 20))
        let ownPause = min(doubled, longestPause) * (0.5 + random() / 2)
        return max(ownPause, min(wish ?? .zero, longestPause))
    }

    /// Does something until it succeeds, fails for good, or has failed too often.
    ///
    /// An error is tried again if it is a ``TransientError`` that says so. The error of the last attempt is thrown as it is.
    public func run<Value>(
        isolation: isolated (any Actor)? = #isolation,
        _ operation: () async throws -> Value
    ) async throws -> Value {
        var failures = Failures()
        while true {
            do { return try await operation() } catch {
                try await wait(after: error, &failures)
            }
        }
    }

    /// The failures in a row of one operation.
    struct Failures {
        var count = 0

        /// Forgets what failed before, since the operation got further.
        mutating func progressed() { count = 0 }
    }

    /// Counts a failure and waits for the next attempt; throws the error if there is to be none.
    func wait(
        isolation: isolated (any Actor)? = #isolation,
        after error: any Error,
        _ failures: inout Failures
    ) async throws {
        try Task.checkCancellation()
        failures.count += 1
        guard let transient = error as? any TransientError, transient.isTransient,
            failures.count < min(attempts, transient.attemptLimit ?? attempts)
        else { throw error }
        try await clock.sleep(for: pause(afterFailures: failures.count, wish: transient.retryAfter))
    }
}
