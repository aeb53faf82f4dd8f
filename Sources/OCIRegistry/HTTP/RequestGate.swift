// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// Bounds how many requests of one direction are under way at a host, and stops all of them for a while when the host
/// asks for it.
final class RequestGate: Sendable {
    private let slots: Slots
    private let pausedUntil = Mutex<ContinuousClock.Instant?>(nil)

    /// Makes a gate that lets `width` requests through at once.
    init(width: Int) { slots = Slots(width) }

    /// Waits for a place, and for the end of a pause.
    /// - Throws: `CancellationError`.
    func acquire(_ urgency: Slots.Urgency) async throws -> Slots.Slot {
        let slot = try await slots.acquire(urgency)
        while let end = pausedUntil.withLock({ $0 }), end > .now {
            try await Task.sleep(until: end, clock: .continuous)
        }
        return slot
    }

    /// Lets nobody through for a while.
    ///
    /// A pause under way is made longer, never shorter.
    func pause(for duration: Duration) {
        let end = ContinuousClock.now.advanced(by: duration)
        pausedUntil.withLock { $0 = max($0 ?? end, end) }
    }
}
