// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Synchronization

/// A bounded number of places for work that is under way; whoever finds none waits for one.
public final class Slots: Sendable {
    /// Who goes first where several wait.
    public enum Urgency: Sendable {
        /// Before all others.
        case urgent
        /// After those that are urgent, in the order of asking.
        case ordinary
    }

    /// One place; given back by ``release()``, or when nobody holds it any more.
    public final class Slot: Sendable {
        private let slots: Slots
        private let isHeld = Mutex(true)

        fileprivate init(_ slots: Slots) { self.slots = slots }

        deinit { release() }

        /// Gives the place back; a second call does nothing.
        public func release() {
            let wasHeld = isHeld.withLock { held in
                defer { held = false }
                return held
            }
            if wasHeld { slots.giveBack() }
        }
    }

    private typealias Waiter = (id: UInt64, continuation: CheckedContinuation<Void, any Error>)

    private struct State {
        /// How many may be held.
        var count: Int
        var held = 0
        var urgent: Deque<Waiter> = []
        var ordinary: Deque<Waiter> = []
        var nextID: UInt64 = 0

        mutating func takeFree() -> Bool {
            guard held < count else { return false }
            held += 1
            return true
        }

        /// The waiter that goes next, if there is a place for it.
        mutating func admitNext() -> Waiter? {
            guard held < count, let waiter = urgent.popFirst() ?? ordinary.popFirst() else { return nil }
            held += 1
            return waiter
        }

        mutating func remove(_ id: UInt64) -> Waiter? {
            if let index = urgent.firstIndex(where: { $0.id == id }) { return urgent.remove(at: index) }
            return ordinary.firstIndex { $0.id == id }.map { ordinary.remove(at: $0) }
        }
    }

    private enum Admission { case granted, waiting, cancelled }

    private let state: Mutex<State>

    /// Makes a number of free places, at least one.
    public init(_ count: Int) { state = Mutex(State(count: max(1, count))) }

    /// Changes how many places there are, at least one.
    ///
    /// Places that are held stay so: where there are fewer now, nobody gets one until enough were given back.
    public func resize(to count: Int) {
        let waiters = state.withLock { state in
            state.count = max(1, count)
            var admitted: [Waiter] = []
            while let waiter = state.admitNext() { admitted.append(waiter) }
            return admitted
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    /// Waits for a place.
    /// - Throws: `CancellationError`.
    public func acquire(_ urgency: Urgency = .ordinary) async throws -> Slot {
        try Task.checkCancellation()
        let id: UInt64? = state.withLock { state in
            if state.takeFree() { return nil }
            state.nextID += 1
            return state.nextID
        }
        if let id {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { enqueue((id, $0), urgency) }
            } onCancel: {
                state.withLock { $0.remove(id) }?.continuation.resume(throwing: CancellationError())
            }
        }
        return Slot(self)
    }

    /// Takes a place if one is free.
    public func tryAcquire() -> Slot? { state.withLock { $0.takeFree() } ? Slot(self) : nil }

    private func enqueue(_ waiter: Waiter, _ urgency: Urgency) {
        let admission = state.withLock { state -> Admission in
            // Asked under the lock: a cancellation that comes later finds the waiter in its queue.
            if Task.isCancelled { return .cancelled }
            if state.takeFree() { return .granted }
            switch urgency {
            case .urgent: state.urgent.append(waiter)
            case .ordinary: state.ordinary.append(waiter)
            }
            return .waiting
        }
        switch admission {
        case .granted: waiter.continuation.resume()
        case .cancelled: waiter.continuation.resume(throwing: CancellationError())
        case .waiting: break
        }
    }

    private func giveBack() {
        let waiter = state.withLock { state -> Waiter? in
            state.held -= 1
            return state.admitNext()
        }
        waiter?.continuation.resume()
    }
}
