// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import Synchronization

/// The limits of bytes a second in a command: one for all that is written, and two for each host.
actor Bandwidth {
    private struct Road: Hashable {
        let host: RegistryHost
        let side: Side
    }

    private let access: RegistryAccesses
    private let total: Throttle?
    private var roads: [Road: Throttle] = [:]

    init(_ access: RegistryAccesses) {
        self.access = access
        let schedule = access.bandwidth
        total = schedule.entries.isEmpty ? nil : Throttle(limit: ScheduledLimit(schedule).current)
    }

    /// What holds for a place in its role.
    ///
    /// The limit of all counts where bytes are written, so that it counts each byte once, in folders as well.
    func throttles(of host: RegistryHost?, _ side: Side) -> [Throttle] {
        let all = side == .destination ? total : nil
        return [host.flatMap { road(to: $0, side) }, all].compactMap { $0 }
    }

    private func road(to host: RegistryHost, _ side: Side) -> Throttle? {
        guard let limit = access.bandwidth(of: host)?.bytesPerSecond else { return nil }
        let road = Road(host: host, side: side)
        if let throttle = roads[road] { return throttle }
        let throttle = Throttle { limit }
        roads[road] = throttle
        return throttle
    }
}

/// The limit that a schedule has now; it is looked up once a second, since it is asked for every piece of a blob.
private final class ScheduledLimit: Sendable {
    private let schedule: BandwidthSchedule
    private let known = Mutex<(until: ContinuousClock.Instant, limit: Int64?)>((.now, nil))

    init(_ schedule: BandwidthSchedule) { self.schedule = schedule }

    @Sendable func current() -> Int64? {
        let now = ContinuousClock.now
        return known.withLock { known in
            if known.until <= now {
                known = (now.advanced(by: .seconds(1)), schedule.limit(at: Self.minute)?.bytesPerSecond)
            }
            return known.limit
        }
    }

    /// The minute of the day, by the time zone of the machine.
    private static var minute: Int {
        let parts = Calendar(identifier: .gregorian).dateComponents([.hour, .minute], from: Date())
        return (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
    }
}
