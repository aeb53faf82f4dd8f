// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// The entity tags that blobs were answered with (RFC 9110, 8.8.3), for those who ask for the rest of one.
///
/// Only strong ones are of use for that, and only short ones are kept, of the blobs that were read last.
final class EntityTags: Sendable {
    private static let capacity = 256

    private struct State {
        var tags: [Digest: String] = [:]
        var order: [Digest] = []
    }

    private let state = Mutex(State())

    subscript(blob: Digest) -> String? { state.withLock { $0.tags[blob] } }

    /// Remembers the tag of a blob; one that is of no use is forgotten.
    func note(_ tag: String?, of blob: Digest) {
        let usable = tag.flatMap { $0.hasPrefix("\"") && $0.hasSuffix("\"") && $0.utf8.count <= 200 ? $0 : nil }
        state.withLock { state in
            let isNew = state.tags[blob] == nil
            state.tags[blob] = usable
            guard usable != nil else { return state.order.removeAll { $0 == blob } }
            if isNew { state.order.append(blob) }
            if state.order.count > Self.capacity { state.tags[state.order.removeFirst()] = nil }
        }
    }
}
