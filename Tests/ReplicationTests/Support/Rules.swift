// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Synchronization

/// Rules as short texts: `team/**`, `!team/x` for an exclusion, `app -> tools/{name}` for another name.
func rules(_ texts: [String], tags: TagRule? = nil) throws -> RepositoryRules {
    let parts = texts.filter { !$0.hasPrefix("!") }.map { $0.split(separator: " -> ").map(String.init) }
    return RepositoryRules(
        rules: try parts.map { part in
            RepositoryRule(
                pattern: try RepositoryPattern(part[0]),
                tags: tags,
                rename: part.count > 1 ? try NameTemplate(part[1]) : nil
            )
        },
        exclusions: try texts.filter { $0.hasPrefix("!") }.map { try RepositoryPattern(String($0.dropFirst())) }
    )
}

/// What repositories below a path, or of the whole registry, are called below a place.
func mapping(below base: String? = nil, to place: String = "to.lan/") throws -> NameMapping {
    try NameMapping(from: try Address("from.lan/\(base.map { "\($0)/**" } ?? "")"), to: try Address.base(place))
}

/// A job that takes what rules say below a path of the source.
func ruledJob(
    _ rules: RepositoryRules,
    below base: String? = nil,
    _ source: any SourceEndpoint,
    _ destination: any SinkEndpoint,
    to place: String = "to.lan/",
    now: Int64 = 0,
    digestTags: DigestTags = .standard,
    overwrite: OverwriteRule = .always,
    memory: any TagMemory = NoTagMemory(),
    dates: any DateHints = NoDateHints()
) throws -> Job {
    var mapping = try mapping(below: base, to: place)
    mapping.digestTags = digestTags
    return Job(
        source: source,
        destination: destination,
        selection: .rules(.init(rules, below: try base.map { try RepositoryName($0) }, now: now)),
        mapping: mapping,
        overwrite: overwrite,
        memory: memory,
        dates: dates
    )
}

/// What a run remembers of tags, and in which order it was told.
final class TagBook: TagMemory {
    private let state = Mutex<(equal: [String: Digest], notes: [String])>(([:], []))

    /// What was equal before, by `repository:tag`.
    init(_ equal: [String: Digest] = [:]) { state.withLock { $0.equal = equal } }

    /// `= repository:tag` for what was noted as equal, `! repository:tag` for what differs; sorted.
    var notes: [String] { state.withLock { $0.notes.sorted() } }
    var equal: [String: Digest] { state.withLock { $0.equal } }

    func lastEqual(_ tag: TagName, in repository: RepositoryName) -> Digest? {
        state.withLock { $0.equal["\(repository):\(tag)"] }
    }

    func noteEqual(_ tag: TagName, in repository: RepositoryName, _ digest: Digest) {
        state.withLock { state in
            state.equal["\(repository):\(tag)"] = digest
            state.notes.append("= \(repository):\(tag)")
        }
    }

    func noteDifferent(_ tag: TagName, in repository: RepositoryName) {
        state.withLock { $0.notes.append("! \(repository):\(tag)") }
    }
}

/// What is remembered of the dates of images.
final class DateBook: DateHints {
    private let state = Mutex<[Digest: Int64]>([:])

    var all: [Digest: Int64] { state.withLock { $0 } }

    func date(of image: Digest) -> Int64? { state.withLock { $0[image] } }

    func note(_ seconds: Int64, for image: Digest) { state.withLock { $0[image] = seconds } }
}

extension Watch {
    /// How often manifests were fetched.
    var documents: Int { count { if case .document = $0 { true } else { false } } }
    /// How often it was asked what a tag or digest names.
    var questions: Int { count { if case .resolve = $0 { true } else { false } } }
    /// How often blobs were fetched.
    var blobs: Int { count { if case .blob = $0 { true } else { false } } }
}
