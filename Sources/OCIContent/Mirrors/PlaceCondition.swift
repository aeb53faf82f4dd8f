// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Whether a place that is asked beside others is worth asking, by its last answers.
///
/// It is shared by all that ask the place in a run.
public final class PlaceCondition: Sendable {
    private struct State {
        /// Failures to reach the place since its last answer.
        var failures = 0
        /// When it was reached in vain for the last time.
        var last: Duration = .zero
        var lastError: (any Error)?
        var hasFailed = false
        var wasLeftAlone = false
    }

    /// What a failure is the first of; `nil` in ``failed(_:)`` if it is the first of nothing.
    enum Turn {
        /// The place has failed for the first time.
        case failed
        /// The place is left alone from now on.
        case leftAlone
    }

    private let patience: Int
    private let rest: Duration?
    private let watch: Stopwatch
    private let state = Mutex(State())

    /// Makes the condition of a place that was not asked yet.
    /// - Parameters:
    ///   - patience: After so many failures in a row to reach it, the place is left alone.
    ///   - rest: For how long; `nil` for good.
    ///   - clock: What that time is measured by; for tests.
    public init(patience: Int, rest: Duration? = nil, clock: any Clock<Duration> = ContinuousClock()) {
        self.patience = patience
        self.rest = rest
        watch = Stopwatch(clock)
    }

    /// The condition of a mirror: it is only a help, so that one that is not there, or that answers nothing for now, is soon
    /// left alone, for as long as it takes to start it anew.
    public static func mirror(clock: any Clock<Duration> = ContinuousClock()) -> PlaceCondition {
        PlaceCondition(patience: 3, rest: .seconds(300), clock: clock)
    }

    /// Why the place is left alone at the moment; `nil` if it is not.
    var reasonToSpare: (any Error)? {
        let now = watch.elapsed
        return state.withLock { state in
            guard state.failures >= patience else { return nil }
            if let rest, now - state.last >= rest { return nil }
            return state.lastError
        }
    }

    /// Notes that the place has answered, whatever it said.
    func answered() { state.withLock { $0.failures = 0 } }

    /// Notes that the place has failed.
    func failed(_ error: any Error) -> Turn? {
        let now = watch.elapsed
        return state.withLock { state in
            state.lastError = error
            if error.isUnreachability || (error as? any TransientError)?.isTransient == true {
                state.failures += 1
                state.last = now
            } else {
                state.failures = 0
            }
            if state.failures >= patience, !state.wasLeftAlone {
                state.wasLeftAlone = true
                state.hasFailed = true
                return .leftAlone
            }
            defer { state.hasFailed = true }
            return state.hasFailed ? nil : .failed
        }
    }
}

extension Error {
    /// Whether a place could not be reached; see ``ReachabilityError``.
    var isUnreachability: Bool { (self as? any ReachabilityError)?.isUnreachable ?? false }
}
