// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication
import Synchronization

/// Remembers as long as the program runs which repository of a destination held which blob.
///
/// Copies of several registries to one folder share it, so that what their images have in common is written once.
final class HolderBook: HolderHints {
    /// Whatever was noted after so many is written again; memory must not grow with what is copied.
    private static let maximumBlobs = 50_000

    private let holders = Mutex<[Digest: RepositoryName]>([:])

    func holder(of digest: Digest) -> RepositoryName? { holders.withLock { $0[digest] } }

    func note(_ digest: Digest, in repository: RepositoryName) {
        holders.withLock { holders in
            if holders[digest] != nil || holders.count < Self.maximumBlobs { holders[digest] = repository }
        }
    }
}
