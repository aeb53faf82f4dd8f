// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import DequeModule
public import OCI
import OCIContent

/// Looks for what hangs on images: referrers, and the tags of signatures, of the image and of every manifest below it.
///
/// Of an image that is equal on both sides, only the image's own companions are looked at: a new signature can appear on
/// it at any time. What was found new is followed further: it can have companions itself.
struct CompanionFinder: Sendable {
    let job: Job
    let route: Route
    let surveyor: Surveyor
    let documents: DocumentCache
    let tags: CompanionTags
    /// The destination's tags; `nil` where they were not listed.
    let present: [TagName: Digest?]?
    var limits = CompanionLimits()

    init(
        job: Job,
        route: Route,
        _ surveyor: Surveyor,
        _ documents: DocumentCache,
        _ candidates: RouteCandidates
    ) {
        self.job = job
        self.route = route
        self.surveyor = surveyor
        self.documents = documents
        tags = candidates.companions
        present = candidates.present
    }

    /// The survey of an image with its companions, those that are to be copied before its tag is moved.
    /// - Throws: ``CompanionError`` for an image with too many; `SideFailure`.
    func completed(_ survey: RootSurvey) async throws -> RootSurvey {
        var completed = survey
        switch survey.finding {
        case .new(let graph), .moved(let graph, _): completed.companions = try await companions(of: graph.digests)
        case .equal(let digest):
            let companions = try await companions(of: [digest])
            guard companions.contains(where: { $0.graph != nil }) else {
                completed.companions = companions
                return completed
            }
            // Fetched so late because it is rare.
            let root = try await document(digest)
            completed = RootSurvey(route: route, target: survey.target, tag: survey.tag, finding: .lacking(root))
            completed.companions = companions
        case .lacking, .unopened, .refused, .left: break
        }
        return completed
    }

    /// What is to be copied of a companion whose image is not among those that are copied.
    ///
    /// The list behind a referrers tag is never copied as it is: the destination's may have other entries.
    func rest(_ companion: CompanionTag, _ entry: TagEntry) async throws -> [RootSurvey] {
        guard job.referrers.takes(companion.kind) else { return [] }
        if companion.kind == .referrers, let subject = companion.digest { return try await companions(of: [subject]) }
        return [try await surveyor.survey(candidate(entry), documents)]
    }

    /// Looks for the companions of some manifests.
    func companions(of digests: [Digest]) async throws -> [RootSurvey] {
        // In the same repository, everything hangs where it hung.
        if job.referrers == .none || (job.mapping.isWithinOnePlace && route.source == route.destination) { return [] }
        var search = Search(digests, limits)
        while let (digest, depth) = search.next() {
            for referrer in try await missingReferrers(of: digest, &search) {
                guard let graph = try await open(referrer) else { continue }
                search.found(
                    RootSurvey(
                        route: route,
                        target: .digest(referrer.descriptor.digest),
                        tag: nil,
                        finding: .new(graph),
                        subject: digest
                    ),
                    graph,
                    depth
                )
            }
            for kind in CompanionTag.Kind.allCases where kind != .referrers && job.referrers.takes(kind) {
                guard let entry = try await tags.claim(kind, of: digest) else { continue }
                try search.count(digest)
                let survey = try await surveyor.survey(candidate(entry), documents)
                search.found(survey, survey.graph, depth)
            }
        }
        return search.surveys
    }

    private func candidate(_ entry: TagEntry) -> Candidate {
        guard let present else {
            return Candidate(
                route: route,
                target: .tag(entry.tag),
                tag: entry.tag,
                sourceDigest: entry.digest,
                mayBePresent: true
            )
        }
        return Candidate(entry: entry, on: route, present)
    }

    /// The referrers of a manifest that the destination does not list.
    private func missingReferrers(of digest: Digest, _ search: inout Search) async throws -> [Referrer] {
        let source = job.source.source(route.source)
        var listed: [Referrer]
        do {
            listed = try await source.referrers(of: digest, type: job.referrers.onlyType) ?? []
            if try await tags.claim(.referrers, of: digest) != nil {
                listed += try await referrers(behindTagOf: digest, in: source)
            }
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
        var wanted: [Referrer] = []
        for referrer in listed where job.referrers.takes(referrer.artifactType) {
            if try search.meets(referrer.descriptor.digest, of: digest) { wanted.append(referrer) }
        }
        guard !wanted.isEmpty else { return [] }
        let there = try await presentReferrers(of: digest)
        return wanted.filter { !there.contains($0.descriptor.digest) }
    }

    /// What the destination lists as referrers.
    private func presentReferrers(of digest: Digest) async throws -> Set<Digest> {
        let sink = job.destination.sink(route.destination)
        do {
            if let listed = try await sink.referrers(of: digest, type: nil) {
                return Set(listed.map(\.descriptor.digest))
            }
            if let present, present[CompanionTag(.referrers, of: digest).tag] == nil { return [] }
            return Set(try await referrers(behindTagOf: digest, in: sink).map(\.descriptor.digest))
        } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
    }

    /// The entries of a referrers tag (distribution-spec, "Referrers Tag Schema"); none where something else has that name.
    private func referrers(behindTagOf digest: Digest, in place: any ContentIndex) async throws -> [Referrer] {
        let tag = CompanionTag(.referrers, of: digest).tag
        guard let document = try await place.document(at: .tag(tag)), document.descriptor.mediaType.isIndex else {
            return []
        }
        return Referrer.list(in: document.bytes) ?? []
    }

    private func document(_ digest: Digest) async throws -> ManifestDocument {
        do {
            let document = try await job.source.source(route.source).document(at: .digest(digest))
            guard let document else { throw RootMissing(target: .digest(digest)) }
            return document
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    /// Fetches a referrer; `nil` if the list names what is not there any more.
    private func open(_ referrer: Referrer) async throws -> ImageGraph? {
        do {
            return try await ImageOpener(limits: surveyor.limits, documents: documents)
                .open(.digest(referrer.descriptor.digest), from: job.source.source(route.source))
        } catch is RootMissing {
            return nil
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }
}

/// How much may hang on one image.
///
/// Whoever may write to a repository can hang as much on an image as they like.
struct CompanionLimits: Hashable, Sendable {
    /// How many companions an image may have.
    var count = 1000
    /// How long a chain of companions of companions is followed.
    var depth = 4
}

/// Why the companions of an image cannot be copied.
public enum CompanionError: Error, Hashable, Sendable {
    /// More hangs on the image than anybody can mean.
    case tooMany(of: Digest, limit: Int)
}

/// A search for companions that is under way, breadth first.
private struct Search {
    private let limits: CompanionLimits
    private var waiting: Deque<(Digest, depth: Int)>
    /// What was met: a referrer can refer to what refers to it.
    private var seen: Set<Digest>
    private var companions = 0
    private(set) var surveys: [RootSurvey] = []

    init(_ digests: [Digest], _ limits: CompanionLimits) {
        self.limits = limits
        waiting = Deque(digests.map { ($0, depth: 0) })
        seen = Set(digests)
    }

    mutating func next() -> (Digest, depth: Int)? { waiting.popFirst() }

    /// Takes note of one more companion.
    mutating func count(_ subject: Digest) throws(CompanionError) {
        companions += 1
        guard companions <= limits.count else { throw .tooMany(of: subject, limit: limits.count) }
    }

    /// Takes note of a referrer, and tells whether it is met for the first time.
    mutating func meets(_ digest: Digest, of subject: Digest) throws(CompanionError) -> Bool {
        guard seen.insert(digest).inserted else { return false }
        try count(subject)
        return true
    }

    /// Takes note of what is to be copied, or not, and looks further behind what is new.
    mutating func found(_ survey: RootSurvey, _ graph: ImageGraph?, _ depth: Int) {
        surveys.append(survey)
        guard let graph, depth < limits.depth else { return }
        let root = graph.root.descriptor.digest
        for digest in graph.digests where digest == root || seen.insert(digest).inserted {
            waiting.append((digest, depth: depth + 1))
        }
    }
}
