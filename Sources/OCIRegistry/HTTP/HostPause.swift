// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// Stops all requests to a host, in both directions, for as long as the host wants to be left alone.
final class HostPause: Sendable {
    /// The time of all that is measured at the host.
    let watch: Stopwatch
    private let schedule = Mutex(PauseSchedule())

    init(clock: any Clock<Duration> = ContinuousClock()) { watch = Stopwatch(clock) }

    /// Whether nobody may ask now.
    var isUnderWay: Bool { schedule.withLock { $0.rest(at: watch.elapsed) } != nil }

    /// Waits until the host may be asked.
    /// - Throws: `CancellationError`.
    func wait() async throws {
        while let rest = schedule.withLock({ $0.rest(at: watch.elapsed) }) { try await watch.sleep(for: rest) }
    }

    /// Takes a refusal; see ``PauseSchedule/refused(wish:sentAt:now:)``.
    func refused(wish: Duration?, sentAt: Duration) -> Bool {
        schedule.withLock { $0.refused(wish: wish, sentAt: sentAt, now: watch.elapsed) }
    }

    /// Takes an answer that is no refusal.
    func answered(sentAt: Duration) { schedule.withLock { $0.answered(sentAt: sentAt) } }
}
