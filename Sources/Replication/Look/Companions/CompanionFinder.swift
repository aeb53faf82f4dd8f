// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
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
    let present: PresentTags?
    /// The repository of the destination.
    let there: any ContentIndex
    var limits = CompanionLimits()

    init(
        job: Job,
        route: Route,
        _ surveyor: Surveyor,
        _ documents: DocumentCache,
        _ candidates: RouteCandidates,
        at there: (any ContentIndex)? = nil
    ) {
        self.job = job
        self.route = route
        self.surveyor = surveyor
        self.documents = documents
        tags = candidates.companions
        present = candidates.present
        self.there = there ?? job.destination.sink(route.destination)
    }

    /// A companion that the source has.
    struct Sighting: Sendable {
        let candidate: Candidate
        /// What it refers to; `nil` for the tag of a companion.
        let subject: Digest?
        /// Whether the destination lists it, as a referrer.
        let isListed: Bool
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
        case .lacking, .unopened, .unwanted, .refused, .left: break
        }
        return completed
    }

    /// What is to be copied of a companion whose image is not among those that are copied.
    ///
    /// The list behind a referrers tag is never copied as it is: the destination's may have other entries.
    func rest(_ companion: CompanionTag, _ entry: TagEntry) async throws -> [RootSurvey] {
        guard job.images.referrers.takes(companion.kind) else { return [] }
        if companion.kind == .referrers, let subject = companion.digest { return try await companions(of: [subject]) }
        return [try await surveyor.survey(candidate(entry), documents)]
    }

    /// Looks for the companions of some manifests.
    func companions(of digests: [Digest]) async throws -> [RootSurvey] {
        if isNeedless { return [] }
        var search = CompanionSearch(digests, limits)
        while let (digest, depth) = search.next() {
            for sighting in try await sightings(of: digest, &search) where !sighting.isListed {
                if let subject = sighting.subject {
                    guard let graph = try await open(sighting.candidate.target) else { continue }
                    let survey = RootSurvey(
                        route: route,
                        target: sighting.candidate.target,
                        tag: nil,
                        finding: .new(graph),
                        subject: subject
                    )
                    search.found(survey, graph, depth)
                } else {
                    let survey = try await surveyor.survey(sighting.candidate, documents)
                    search.found(survey, survey.graph, depth)
                }
            }
        }
        return search.surveys
    }

    /// All companions of some manifests, also those that the destination has.
    func allCompanions(of digests: [Digest]) async throws -> [Sighting] {
        if isNeedless { return [] }
        var search = CompanionSearch(digests, limits)
        var sightings: [Sighting] = []
        while let (digest, depth) = search.next() {
            for sighting in try await self.sightings(of: digest, &search) {
                sightings.append(sighting)
                if case .digest(let companion) = sighting.candidate.target { search.follow(companion, depth) }
            }
        }
        return sightings
    }

    /// Whether the destination lists a referrer now.
    func lists(_ referrer: Digest, of subject: Digest) async throws -> Bool {
        try await presentReferrers(of: subject, isFresh: true).contains(referrer)
    }

    /// Where nothing is wanted; and in the same repository everything hangs where it hung.
    private var isNeedless: Bool {
        job.images.referrers == .none || (job.mapping.isWithinOnePlace && route.source == route.destination)
    }

    private func sightings(of digest: Digest, _ search: inout CompanionSearch) async throws -> [Sighting] {
        var sightings: [Sighting] = []
        let referrers = try await referrers(of: digest, &search)
        let listed = referrers.isEmpty ? [] : try await presentReferrers(of: digest)
        for referrer in referrers {
            let companion = referrer.descriptor.digest
            var candidate = Candidate(route: route, target: .digest(companion), tag: nil, mayBePresent: true)
            candidate.isCompanion = true
            sightings.append(
                Sighting(candidate: candidate, subject: digest, isListed: listed.contains(companion))
            )
        }
        for kind in CompanionTag.Kind.allCases where kind != .referrers && job.images.referrers.takes(kind) {
            guard let entry = try await tags.claim(kind, of: digest) else { continue }
            try search.count(digest)
            sightings.append(Sighting(candidate: candidate(entry), subject: nil, isListed: false))
        }
        return sightings
    }

    /// The companion that a tag of the source stands for.
    func candidate(_ entry: TagEntry) -> Candidate {
        var candidate = Candidate(entry: entry, on: route, present ?? PresentTags())
        if present == nil { candidate.mayBePresent = true }
        candidate.isCompanion = true
        return candidate
    }

    /// The referrers of a manifest at the source that are wanted, each once in a search.
    private func referrers(of digest: Digest, _ search: inout CompanionSearch) async throws -> [Referrer] {
        let source = job.source.source(route.source)
        var listed: [Referrer]
        do {
            listed = try await source.referrers(of: digest, type: job.images.referrers.onlyType) ?? []
            if try await tags.claim(.referrers, of: digest) != nil {
                listed += try await referrers(behindTagOf: digest, in: source)
            }
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
        var wanted: [Referrer] = []
        for referrer in listed where job.images.referrers.takes(referrer.artifactType) {
            if try search.meets(referrer.descriptor.digest, of: digest) { wanted.append(referrer) }
        }
        return wanted
    }

    /// What the destination lists as referrers.
    /// - Parameter isFresh: Whether the listing of its tags is too old to tell.
    private func presentReferrers(of digest: Digest, isFresh: Bool = false) async throws -> Set<Digest> {
        do {
            if let listed = try await there.referrers(of: digest, type: nil) {
                return Set(listed.map(\.descriptor.digest))
            }
            let tag = CompanionTag(.referrers, of: digest).tag
            if !isFresh, let present, !present.contains(tag) { return [] }
            return Set(try await referrers(behindTagOf: digest, in: there).map(\.descriptor.digest))
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
    private func open(_ target: Target) async throws -> ImageGraph? {
        do {
            let purse = job.pulls.map { PullPurse(budget: $0, repository: route.source) }
            return try await ImageOpener(limits: surveyor.limits, documents: documents, purse: purse)
                .open(target, from: job.source.source(route.source))
        } catch is RootMissing {
            return nil
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }
}
