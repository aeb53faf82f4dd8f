// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Replication
import Synchronization

/// What a job remembers of the tags of its destination: what they were when both sides were equal, and since when those
/// that differ do.
final class JobMemory: TagMemory {
    private static let maximumLines = 1_000_000

    /// Only where tags are overwritten on terms; it is a line for every tag.
    private let equal: HintFile<TagPlace, Digest>?
    /// Seconds since 1970; 0 for a tag that is equal again.
    private let different: HintFile<TagPlace, Int64>
    private let now: Int64
    private let waysBack: [WayBack]
    /// The tags that differ as far as this run has seen.
    private let differing = Mutex<Set<TagPlace>>([])

    /// Opens the memory of a job of the config file.
    convenience init(of settings: JobSettings, now: Int64) {
        self.init(
            in: settings.stateFolder,
            remembersEqual: settings.overwrite.value == .ifUnchanged,
            now: now,
            waysBack: settings.waysBack.map { job in
                let folder = StateDirectory.folder(ofJob: job.name, from: job.source, to: job.destination)
                return WayBack(Self.equal(in: folder), there: settings.mapping, back: job.mapping)
            }
        )
    }

    /// Opens the memory of a job.
    /// - Parameter waysBack: The memories of jobs that copy the other way.
    init(in folder: URL, remembersEqual: Bool, now: Int64, waysBack: [WayBack] = []) {
        equal = remembersEqual ? Self.equal(in: folder) : nil
        self.waysBack = waysBack
        different = HintFile(folder.appending(path: "different"), maximumLines: Self.maximumLines)
        self.now = now
    }

    private static func equal(in folder: URL) -> HintFile<TagPlace, Digest> {
        HintFile(folder.appending(path: "equal"), maximumLines: maximumLines)
    }

    func lastEqual(_ tag: TagName, in repository: RepositoryName) -> Digest? { equal?[TagPlace(repository, tag)] }

    func noteEqual(_ tag: TagName, in repository: RepositoryName, _ digest: Digest) {
        let place = TagPlace(repository, tag)
        equal?.note(place, digest)
        for job in waysBack { job.noteEqual(tag, in: repository, digest) }
        if let since = different[place], since != 0 { different.note(place, 0) }
        differing.withLock { _ = $0.remove(place) }
    }

    func noteDifferent(_ tag: TagName, in repository: RepositoryName) {
        let place = TagPlace(repository, tag)
        if different[place] ?? 0 <= 0 { different.note(place, now) }
        differing.withLock { _ = $0.insert(place) }
    }

    /// Since when the tag that has differed longest does, of those that this run has seen to differ; `nil` if all are equal.
    ///
    /// A tag that is no longer selected, or gone at the source, must not count for ever.
    var oldestDifference: Int64? { differing.withLock { $0.compactMap { different[$0] }.min() } }
}
