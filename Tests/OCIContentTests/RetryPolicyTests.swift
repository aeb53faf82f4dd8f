// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Testing

@Suite struct RetryPolicyTests {
    /// Runs something that always fails; the number of its attempts, and the pauses between them.
    private func exhaust(
        attempts: Int,
        first: Duration = .seconds(1),
        longest: Duration = .seconds(60),
        random: Double = 1,
        error: any Error = Fault()
    ) async -> (attempts: Int, pauses: [Duration], error: (any Error)?) {
        let clock = VirtualClock()
        let calls = Recorder<Void>()
        let policy = RetryPolicy(
            attempts: attempts,
            firstPause: first,
            longestPause: longest,
            clock: clock,
            random: { random }
        )
        let thrown = await failure {
            try await policy.run {
                calls.record(())
                throw error
            }
        }
        return (calls.count, clock.pauses, thrown)
    }

    @Test func `doubles the pauses up to the longest`() async {
        let result = await exhaust(attempts: 9)
        #expect(result.attempts == 9)
        #expect(result.pauses == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
        #expect(result.error as? Fault == Fault())
    }

    @Test func `does not overflow after very many failures`() async {
        let result = await exhaust(attempts: 200, first: .seconds(86400), longest: .seconds(604_800))
        #expect(result.pauses.count == 199)
        // A factor of 1 is exact to a fraction of a microsecond only.
        let longest = (result.pauses.last ?? .zero) - .seconds(604_800)
        #expect((.milliseconds(-1)...(.milliseconds(1))).contains(longest))
    }

    @Test(arguments: [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
    func `leaves out a random part of up to half`(_ random: Double, factor: Double) async {
        let result = await exhaust(attempts: 4, random: random)
        #expect(result.pauses == [1.0, 2.0, 4.0].map { .seconds($0 * factor) })
    }

    @Test func `keeps the jitter in its bounds with real randomness`() async {
        let clock = VirtualClock()
        let policy = RetryPolicy(attempts: 200, firstPause: .seconds(1), longestPause: .seconds(4), clock: clock)
        _ = await failure { try await policy.run { throw Fault() } }
        #expect(clock.pauses.dropFirst(2).allSatisfy { (.seconds(2)...(.seconds(4))).contains($0) })
        #expect(Set(clock.pauses).count > 100)
    }

    @Test(arguments: [
        (Duration.seconds(10), Duration.seconds(10)),
        (.milliseconds(10), .seconds(1)),
        (.zero, .seconds(1)),
        (.seconds(-5), .seconds(1)),
        (.seconds(60), .seconds(60)),
        (.seconds(61), .seconds(60)),
        (.seconds(Int64.max / 4), .seconds(60)),
    ])
    func `honours the wish of the other side, up to the longest pause`(_ wish: Duration, pause: Duration) async {
        let result = await exhaust(attempts: 2, error: Fault(retryAfter: wish))
        #expect(result.pauses == [pause])
    }

    @Test func `stops as soon as it succeeds`() async throws {
        let clock = VirtualClock()
        let calls = Recorder<Void>()
        let value = try await RetryPolicy.test(clock, attempts: 5)
            .run {
                if calls.record(()) < 3 { throw Fault() }
                return "done"
            }
        #expect(value == "done")
        #expect(calls.count == 3)
        #expect(clock.pauses == [.seconds(1), .seconds(2)])
    }

    @Test func `throws the error of the last attempt`() async {
        let calls = Recorder<Void>()
        let error = await failure {
            try await RetryPolicy.test(attempts: 3)
                .run {
                    throw Fault(retryAfter: .seconds(calls.record(())))
                }
        }
        #expect(error as? Fault == Fault(retryAfter: .seconds(3)))
    }

    @Test(arguments: [1, 0, -3])
    func `tries at least once`(_ attempts: Int) async {
        let result = await exhaust(attempts: attempts)
        #expect(result.attempts == 1)
        #expect(result.pauses.isEmpty)
    }

    struct Plain: Error {}

    @Test(
        arguments: [
            Fault(isTransient: false), Plain(), CancellationError(), SideFailure.wrapping(Fault(), side: .source),
        ] as [any Error]
    )
    func `does not repeat what another try cannot mend`(_ error: any Error) async {
        let result = await exhaust(attempts: 5, error: error)
        #expect(result.attempts == 1)
        #expect(result.pauses.isEmpty)
        #expect(result.error.map { type(of: $0) } == type(of: error))
    }

    @Test func `stops at the first error that is not transient`() async {
        let calls = Recorder<Void>()
        let error = await failure {
            try await RetryPolicy.test(attempts: 5).run { throw Fault(isTransient: calls.record(()) < 2) }
        }
        #expect(error as? Fault == Fault(isTransient: false))
        #expect(calls.count == 2)
    }

    @Test func `does not try again in a task that was cancelled meanwhile`() async {
        let clock = VirtualClock()
        let calls = Recorder<Void>()
        let policy = RetryPolicy.test(clock, attempts: 5)
        let error = await failure {
            try await Task {
                try await policy.run {
                    calls.record(())
                    cancelCurrentTask()
                    throw Fault()
                }
            }
            .value
        }
        #expect(error is CancellationError)
        #expect(calls.count == 1)
        #expect(clock.pauses.isEmpty)
    }

    @Test func `a cancelled pause ends with cancellation`() async {
        let calls = Recorder<Void>()
        let policy = RetryPolicy(attempts: 5, firstPause: .seconds(86400), longestPause: .seconds(86400))
        let task = Task {
            try await policy.run {
                calls.record(())
                throw Fault()
            }
        }
        while calls.count == 0 { await Task.yield() }
        task.cancel()
        let error = await failure { try await task.value }
        #expect(error is CancellationError)
        #expect(calls.count == 1)
    }
}
