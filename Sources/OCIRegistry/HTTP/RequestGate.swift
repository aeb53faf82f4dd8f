// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// Bounds how many requests of one direction are under way at a host, by how well the host copes with them.
final class RequestGate: Sendable {
    private let slots: Slots
    private let pause: HostPause
    private let adaptive: Mutex<AdaptiveWidth>

    /// Makes a gate that lets at most `bound` requests through at once, and none while the host is left alone.
    init(bound: Int, pause: HostPause) {
        let adaptive = AdaptiveWidth(bound: bound)
        slots = Slots(adaptive.width)
        self.pause = pause
        self.adaptive = Mutex(adaptive)
    }

    /// The time of all that is measured at the host.
    var watch: Stopwatch { pause.watch }

    /// How many requests may be under way now.
    var width: Int { adaptive.withLock { $0.width } }

    /// Waits for a place, and for the end of a pause.
    /// - Throws: `CancellationError`.
    func acquire(_ urgency: Slots.Urgency) async throws -> Slots.Slot {
        while true {
            try await pause.wait()
            let slot = try await slots.acquire(urgency)
            guard pause.isUnderWay else { return slot }
            // No place is kept through a pause: there may be fewer of them afterwards.
            slot.release()
        }
    }

    /// Takes a good answer; see ``AdaptiveWidth/answered(_:after:at:)``.
    func answered(_ kind: AdaptiveWidth.Kind, after head: Duration?) {
        change { $0.answered(kind, after: head, at: pause.watch.elapsed) }
    }

    /// Takes bytes of a body.
    func moved(_ count: Int) { adaptive.withLock { $0.moved(count) } }

    /// Takes that a pause begins.
    func refused() { change { $0.refused(at: pause.watch.elapsed) } }

    private func change(_ body: (inout AdaptiveWidth) -> Void) {
        // The places are changed under the lock, so that of two changes the later one is the one that stays.
        adaptive.withLock { adaptive in
            let before = adaptive.width
            body(&adaptive)
            if adaptive.width != before { slots.resize(to: adaptive.width) }
        }
    }
}
