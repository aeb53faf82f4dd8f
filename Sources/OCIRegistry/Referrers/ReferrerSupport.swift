// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// Whether a registry lists referrers: the first answer tells, and whoever asks meanwhile waits for it.
final class ReferrerSupport: Sendable {
    /// What an answer tells.
    enum Answer {
        /// The referrers.
        case list([Referrer])
        /// There are none, and whether the registry has such lists stays open.
        case nothing
        /// The registry has no such lists.
        case unsupported
    }

    private let known = Mutex<Bool?>(nil)
    private let first = Slots(1)

    /// Asks, unless the registry is known to have no lists.
    /// - Returns: `nil` where it has none.
    func ask(_ question: () async throws -> Answer) async throws -> [Referrer]? {
        switch known.withLock({ $0 }) {
        case false?: return nil
        case true?: return list(try await question())
        case nil:
            let slot = try await first.acquire()
            defer { slot.release() }
            if let known = known.withLock({ $0 }) {
                slot.release()
                return known ? list(try await question()) : nil
            }
            return list(try await question())
        }
    }

    private func list(_ answer: Answer) -> [Referrer]? {
        switch answer {
        case .list(let referrers):
            known.withLock { $0 = true }
            return referrers
        case .nothing: return []
        case .unsupported:
            // A registry that has listed others answers so where it has nothing.
            let isKnown = known.withLock { known in
                known = known ?? false
                return known ?? false
            }
            return isKnown ? [] : nil
        }
    }
}
