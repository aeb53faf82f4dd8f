// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The tags of a destination's repository, as its listing tells them.
struct PresentTags: Sendable {
    private(set) var names: Set<TagName> = []
    /// Most listings tell none, and there can be a hundred thousand tags.
    private var digests: [TagName: Digest] = [:]

    mutating func insert(_ entry: TagEntry) {
        names.insert(entry.tag)
        if let digest = entry.digest { digests[entry.tag] = digest }
    }

    func contains(_ tag: TagName) -> Bool { names.contains(tag) }

    /// What the listing says that a tag points to.
    func digest(of tag: TagName) -> Digest? { digests[tag] }
}
