// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Whether several connections to a place have helped lately; shared by all blobs of the place.
final class ParallelVerdict: Sendable {
    /// After so many blobs it is tried again: links and loads change.
    private static let patience = 32

    /// The blobs that are not worth a trial any more.
    private let blobsLeft = Mutex(0)

    /// Whether a blob that begins now is worth a trial.
    func isWorthTrying() -> Bool {
        blobsLeft.withLock { left in
            guard left > 0 else { return true }
            left -= 1
            return false
        }
    }

    /// Takes note that one connection is as good.
    func refuted() { blobsLeft.withLock { $0 = Self.patience } }
}
