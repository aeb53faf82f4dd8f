// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI

/// What a job knows of the memory of another one that copies the other way.
///
/// What one of them finds equal is equal for the other, too. If the other did not learn of it, it would take what the first
/// one wrote for a stranger's push, as soon as its own source moves before it has run again.
struct WayBack {
    private let equal: HintFile<TagPlace, Digest>
    private let there: NameMapping
    private let back: NameMapping

    /// - Parameters:
    ///   - equal: What the other job remembers.
    ///   - there: The names of the job that learns something.
    ///   - back: The names of the other job.
    init(_ equal: HintFile<TagPlace, Digest>, there: NameMapping, back: NameMapping) {
        self.equal = equal
        self.there = there
        self.back = back
    }

    /// Takes note of a tag in a repository of the first job's destination.
    func noteEqual(_ tag: TagName, in repository: RepositoryName, _ digest: Digest) {
        // Where the names of the two do not go back to where they came from, they speak of different repositories.
        guard let name = try? back.destination(of: repository), (try? there.destination(of: name)) == repository else {
            return
        }
        equal.note(TagPlace(name, tag), digest)
    }
}
