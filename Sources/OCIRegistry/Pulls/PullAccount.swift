// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// The pulls of one credential: what the registry says of them, and what is set aside of it.
///
/// As long as something is set aside, what the registry says can count some of it already; the lowest number that it said
/// holds until then. So the account errs to the side of too few, for as long as an image is being read.
final class PullAccount: Sendable {
    /// What came of asking for pulls.
    enum Outcome {
        case reserved
        /// Others hold pulls that they may give back.
        case othersHold
        case usedUp(PullLimit?)
        /// The registry refused the last pull.
        case refused(PullLimit?)
    }

    private struct State {
        /// What the registry said last; `nil` if nothing is known.
        var limit: PullLimit?
        /// Whether the registry was asked, with or without success.
        var isKnown = false
        /// When it said how many there are.
        var heard: Duration?
        /// Whether it refused although it did not say that nothing is left.
        var isRefused = false
        var reserved = 0
        /// Whoever waits for others; at most one, since all ask in turn.
        var waiter: CheckedContinuation<Void, any Error>?
    }

    private let state = Mutex(State())
    /// Who asks waits until those before have what they asked for.
    let turn = Slots(1)

    /// After this time it is worth asking again how many there are.
    private static let freshness = Duration.seconds(300)

    /// Whether the registry was not asked so far.
    var isUnknown: Bool { state.withLock { !$0.isKnown } }

    /// What the registry says.
    var limit: PullLimit? { state.withLock { $0.limit } }

    /// Takes that the registry was asked, whatever came of it.
    func looked() { state.withLock { $0.isKnown = true } }

    /// Whether it is long ago that the registry said how many there are.
    func isOld(at now: Duration) -> Bool { state.withLock { $0.heard.map { now - $0 > Self.freshness } ?? true } }

    /// Takes what an answer says; `nil` for there being no limit.
    func heard(_ limit: PullLimit?, at now: Duration) {
        change { state in
            state.isKnown = true
            if let limit, let old = state.limit, state.reserved > 0, old.remaining < limit.remaining { return }
            if limit.map({ $0.remaining > 0 }) ?? true { state.isRefused = false }
            state.limit = limit
            state.heard = now
        }
    }

    /// Takes a refusal.
    func refused() {
        change { state in
            state.isKnown = true
            state.isRefused = true
        }
    }

    /// Sets pulls aside.
    /// - Parameter kept: How many are to stay.
    func take(_ count: Int, keeping kept: Int) -> Outcome {
        state.withLock { state in
            if state.isRefused { return state.reserved > 0 ? .othersHold : .refused(state.limit) }
            guard let limit = state.limit, limit.remaining - state.reserved - kept < count else {
                state.reserved += count
                return .reserved
            }
            return state.reserved > 0 ? .othersHold : .usedUp(limit)
        }
    }

    /// Gives pulls back.
    func giveBack(_ count: Int) { change { $0.reserved -= count } }

    /// Waits until something has changed.
    /// - Throws: `CancellationError`.
    func change() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.reserved == 0 { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
            try Task.checkCancellation()
        } onCancel: {
            change { _ in }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
