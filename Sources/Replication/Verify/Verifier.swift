// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
public import OCIContent
import Synchronization

/// The door to verifying: compares what a job selects with what its destination really has, and mends what differs if told.
///
/// ```
/// routes ─▶ candidates ─▶ survey ─▶ manifests ─▶ blobs ─▶ findings ( ─▶ plan ─▶ transfer ─▶ all of it again )
/// ```
///
/// It is the line of a run with another end, and bounded as that is: one opened image for each that is under way.
public struct Verifier: Sendable {
    private let job: Job
    private let place: any SourceEndpoint
    private let depth: VerifyDepth
    private let heals: Bool
    private let limits: RunLimits
    private let hints: any HolderHints
    private let events: @Sendable (VerifyEvent) -> Void

    /// Makes a verifier of a job.
    /// - Parameters:
    ///   - place: The job's destination, to read; nothing that was remembered of it may stand in for it.
    ///   - heals: Whether what differs is mended; otherwise nothing is written.
    ///   - events: Told of everything that happens, from many tasks at once.
    public init(
        job: Job,
        reading place: any SourceEndpoint,
        depth: VerifyDepth,
        heals: Bool = false,
        limits: RunLimits = RunLimits(),
        hints: any HolderHints = NoHints(),
        events: @escaping @Sendable (VerifyEvent) -> Void
    ) {
        self.job = job
        self.place = place
        self.depth = depth
        self.heals = heals
        self.limits = limits
        self.hints = hints
        self.events = events
    }

    /// Verifies what is selected.
    ///
    /// What is found is told as an event, and so is what could not be looked at; the run goes on.
    ///
    /// - Throws: ``OCIContent/SideFailure`` if a side cannot be reached or does not list its repositories;
    ///   `CancellationError` when the task is cancelled, after which every tag points to what it pointed to before, or to
    ///   a whole image.
    public func run() async throws {
        let line = Line(self)
        let routes = RouteFinder(job, line.contact) { events(.routeFailed($0, $1)) }.routes()
        try await forEach(routes.elements(wrapping: .source), width: limits.routes) { request in
            events(.routeFound(request.route))
            do { try await verify(request, line) } catch {
                try line.contact.settle(error)
                events(.routeFailed(request.route.source, error))
            }
        }
        guard heals else { return }
        do { try await job.destination.finish() } catch { throw SideFailure.wrapping(error, side: .destination) }
    }

    private func verify(_ request: RouteRequest, _ line: Line) async throws {
        let selected = Mutex<Set<TagName>>([])
        let there = DocumentCache()
        let candidates = try await CandidateFinder(job: job, contact: line.contact).look(for: request)
        let companions = line.companions(of: request.route, candidates, at: place.source(request.route.destination))
        try await forEach(candidates.images.elements(wrapping: .source), width: limits.roots) { candidate in
            if let tag = candidate.tag { selected.withLock { _ = $0.insert(tag) } }
            try await line.verify(candidate, there, companions)
        }
        if candidates.takesRest {
            try await forEach(await candidates.companions.rest, width: limits.roots) { companion, entry in
                try await line.verify(rest: companion, entry, there, companions)
            }
        }
        // Images that are named one by one say nothing about the others.
        guard case .tags = request.images else { return }
        let beside = request.namedBeside.compactMap { image in
            job.mapping.destinationTag(of: image.target, writtenTag: image.writtenTag)
        }
        let present = candidates.present ?? PresentTags()
        let extra = selected.withLock { present.names.subtracting($0.union(beside)) }
        try await tell(extra, of: present, on: request.route)
    }

    /// Tells of the tags that nothing brings, without the companions of images that are there.
    private func tell(_ extra: Set<TagName>, of present: PresentTags, on route: Route) async throws {
        for tag in extra.sorted() {
            if let companion = CompanionTag(tag), try await isSubjectThere(companion, route) { continue }
            events(
                .found(
                    Finding(route: route, target: .tag(tag), tag: tag, root: nil, kind: .extra(present.digest(of: tag)))
                )
            )
        }
    }

    private func isSubjectThere(_ companion: CompanionTag, _ route: Route) async throws -> Bool {
        // Of longer digests the tag has only a part, by which nothing can be asked for.
        guard let digest = companion.digest else { return true }
        do { return try await place.source(route.destination).resolve(.digest(digest)) != nil } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
    }
}

extension Verifier {
    /// What all images of a run share.
    private struct Line {
        let contact = SideContact()
        let rootSlots: Slots
        private let surveyor: Surveyor
        private let inspector: ImageInspector?
        private let healer: Healer?
        private let here = DocumentCache()
        private let events: @Sendable (VerifyEvent) -> Void

        init(_ verifier: Verifier) {
            let (job, limits, events) = (verifier.job, verifier.limits, verifier.events)
            self.events = events
            rootSlots = Slots(limits.roots)
            surveyor = Surveyor(job: job, contact: contact, opening: .none)
            let verdicts = BlobVerdicts()
            let blobs = BlobInspector(
                place: verifier.place,
                depth: verifier.depth,
                slots: Slots(limits.blobs),
                verdicts: verdicts,
                events: events
            )
            let inspector = ImageInspector(
                source: job.source,
                place: verifier.place,
                blobs: blobs,
                platforms: job.images.platforms
            )
            self.inspector = verifier.depth == .tags ? nil : inspector
            let transfer = Transfer(
                job: job,
                ledger: ArrivalLedger(hints: verifier.hints),
                blobSlots: Slots(limits.blobs)
            ) { events(.transfer($0)) }
            let opener = Surveyor(job: job, contact: contact)
            healer =
                verifier.heals
                ? Healer(job: job, transfer: transfer, surveyor: opener, verdicts: verdicts) : nil
        }

        func companions(
            of route: Route,
            _ candidates: RouteCandidates,
            at there: any ContentIndex
        ) -> CompanionFinder {
            CompanionFinder(job: surveyor.job, route: route, surveyor, here, candidates, at: there)
        }

        /// Verifies an image, and what hangs on it: at the depth of tags, on the image itself, otherwise on all of it.
        func verify(_ candidate: Candidate, _ there: DocumentCache, _ companions: CompanionFinder) async throws {
            try await settling(candidate.route, candidate.target) {
                let digests = try await verification(of: candidate, there).run()
                try await verifyCompanions(of: digests, there, companions)
            }
        }

        /// Verifies a companion whose image is not among those that are selected.
        func verify(
            rest companion: CompanionTag,
            _ entry: TagEntry,
            _ there: DocumentCache,
            _ companions: CompanionFinder
        ) async throws {
            guard surveyor.job.images.referrers.takes(companion.kind) else { return }
            if companion.kind == .referrers, let subject = companion.digest {
                return try await settling(companions.route, .tag(entry.tag)) {
                    try await verifyCompanions(of: [subject], there, companions)
                }
            }
            try await settling(companions.route, .tag(entry.tag)) {
                try await verification(of: companions.candidate(entry), there).run()
            }
        }

        private func verifyCompanions(
            of digests: [Digest],
            _ there: DocumentCache,
            _ companions: CompanionFinder
        ) async throws {
            for sighting in try await companions.allCompanions(of: digests) {
                var verification = verification(of: sighting.candidate, there)
                if let subject = sighting.subject, case .digest(let digest) = sighting.candidate.target,
                    !sighting.isListed
                {
                    verification.listing = (subject, { try await companions.lists(digest, of: subject) })
                }
                try await verification.run()
            }
        }

        private func settling(_ route: Route, _ target: Target, _ body: () async throws -> Void) async throws {
            let slot = try await rootSlots.acquire()
            defer { slot.release() }
            do { try await body() } catch {
                try contact.settle(error)
                events(.failed(route, target, error))
            }
        }

        private func verification(of candidate: Candidate, _ there: DocumentCache) -> RootVerification {
            RootVerification(
                candidate: candidate,
                surveyor: surveyor,
                inspector: inspector,
                healer: healer,
                there: there,
                here: here,
                events: events
            )
        }
    }
}
