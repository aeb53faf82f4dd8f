// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// A clock on which nobody waits: to sleep moves it on.
final class VirtualClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Swift.Duration

        func advanced(by duration: Swift.Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Swift.Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let state = Mutex<(now: Instant, pauses: [Swift.Duration])>((Instant(offset: .zero), []))

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Swift.Duration { .zero }
    /// How long each sleep was, in their order.
    var pauses: [Swift.Duration] { state.withLock { $0.pauses } }

    func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.pauses.append(deadline.offset - state.now.offset)
            state.now = max(state.now, deadline)
        }
    }
}

extension RetryPolicy {
    /// A policy on a virtual clock, with pauses of 1, 2, 4… seconds.
    static func test(_ clock: VirtualClock = VirtualClock(), attempts: Int = 3) -> RetryPolicy {
        RetryPolicy(
            attempts: attempts,
            firstPause: .seconds(1),
            longestPause: .seconds(60),
            clock: clock,
            random: { 1 }
        )
    }
}

/// An error as a network gives them.
struct Fault: TransientError, Equatable {
    var isTransient = true
    var retryAfter: Duration?
}

/// A list that several tasks write to.
final class Recorder<Element: Sendable>: Sendable {
    private let state = Mutex<[Element]>([])

    var elements: [Element] { state.withLock { $0 } }
    var count: Int { elements.count }

    /// All elements, which are forgotten.
    func takeAll() -> [Element] {
        state.withLock { elements in
            defer { elements = [] }
            return elements
        }
    }

    @discardableResult
    func record(_ element: Element) -> Int {
        state.withLock {
            $0.append(element)
            return $0.count
        }
    }
}

/// Cancels the task that runs.
func cancelCurrentTask() { withUnsafeCurrentTask { $0?.cancel() } }
