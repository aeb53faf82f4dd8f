// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Replication

/// What a job remembers of the tags of its destination: what they were when both sides were equal, and since when those
/// that differ do.
struct JobMemory: TagMemory {
    private static let maximumLines = 1_000_000

    /// Only where tags are overwritten on terms; it is a line for every tag.
    private let equal: HintFile<TagPlace, Digest>?
    /// Seconds since 1970; 0 for a tag that is equal again.
    private let different: HintFile<TagPlace, Int64>
    private let now: Int64
    private let waysBack: [WayBack]

    /// Opens the memory of a job of the config file.
    init(of settings: JobSettings, now: Int64) {
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
    }

    func noteDifferent(_ tag: TagName, in repository: RepositoryName) {
        let place = TagPlace(repository, tag)
        if different[place] ?? 0 == 0 { different.note(place, now) }
    }

    /// Since when the tag that has differed longest does; `nil` if all are equal.
    var oldestDifference: Int64? { different.all.values.filter { $0 > 0 }.min() }
}
