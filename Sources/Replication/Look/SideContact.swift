// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// Tells a side that does not answer at all from a bad image.
///
/// The first question to a side stands for asking whether it is there, so that no request is spent on that alone: as
/// long as a side has not answered anything, its failure ends the run.
final class SideContact: Sendable {
    private let answered = Mutex<Set<Side>>([])

    /// Takes note that a side has answered.
    func note(_ side: Side) { answered.withLock { _ = $0.insert(side) } }

    /// Returns if the run can go on after an error, and throws what ends it otherwise.
    func settle(_ error: any Error) throws {
        try Task.checkCancellation()
        guard let failure = error as? SideFailure, !answered.withLock({ $0.contains(failure.side) }) else { return }
        switch failure.underlying {
        // Whoever sent something that cannot be used has answered.
        case is ManifestError, is ContentError: return
        default: throw failure
        }
    }
}
