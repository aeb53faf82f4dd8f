// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The door to the engine: the whole line from a job to moved tags.
///
/// ```
/// routes ─▶ candidates ─▶ survey ─▶ plan ─▶ transfer ─▶ tag
///  (look)      (look)     (look)  (decide)   (act)     (last)
/// ```
///
/// Routes run side by side, and so do the images of a route; each image goes down the line by itself, so that a bad one
/// never stops the others. A plan that is only to be read is the same line without its last two steps.
public struct Replicator: Sendable {
    private let job: Job
    private let limits: RunLimits
    private let hints: any HolderHints
    private let events: @Sendable (RunEvent) -> Void

    /// Makes a replicator of a job.
    /// - Parameters:
    ///   - hints: What earlier runs knew about the destination.
    ///   - events: Told of everything that happens, from many tasks at once.
    public init(
        job: Job,
        limits: RunLimits = RunLimits(),
        hints: any HolderHints = NoHints(),
        events: @escaping @Sendable (RunEvent) -> Void
    ) {
        self.job = job
        self.limits = limits
        self.hints = hints
        self.events = events
    }

    /// Copies what is missing.
    ///
    /// What fails is told as an event, and the run goes on.
    ///
    /// - Throws: ``OCIContent/SideFailure`` if a side cannot be reached or does not list its repositories;
    ///   `CancellationError` when the task is cancelled, after which every tag points to what it pointed to before, or to
    ///   a whole image.
    public func run() async throws {
        let transfer = Transfer(
            job: job,
            ledger: ArrivalLedger(hints: hints),
            blobSlots: Slots(limits.blobs),
            events: events
        )
        try await forEachPlan { try await transfer.execute($0) }
        do { try await job.destination.finish() } catch { throw SideFailure.wrapping(error, side: .destination) }
    }

    /// Finds out what a run would do, and changes nothing.
    ///
    /// - Parameter opening: Which images that differ are opened. Without it, looking costs less, and their blobs are not in the
    ///   sum.
    /// - Returns: The plans' sum. Blobs are asked for at the destination, so that it is exact for the moment.
    /// - Throws: As ``run()``.
    public func plan(opening: ImageOpening = .all) async throws -> PlanSummary {
        let pricer = PlanPricer(destination: job.destination, width: limits.blobs)
        try await plan(opening: opening, into: pricer)
        return await pricer.summary
    }

    /// The same as a part of a sum.
    public func plan(opening: ImageOpening, into pricer: PlanPricer) async throws {
        try await forEachPlan(opening: opening) { try await pricer.add($0) }
    }

    /// What the routes of a run share.
    private struct Line: Sendable {
        let contact: SideContact
        let surveyor: Surveyor
        let finder: CandidateFinder
        let documents = DocumentCache()
        let slots: Slots
        let act: @Sendable (RootPlan) async throws -> Void
    }

    /// Goes down the line to the plan of each image that differs.
    func forEachPlan(
        opening: ImageOpening = .all,
        _ act: @escaping @Sendable (RootPlan) async throws -> Void
    ) async throws {
        let contact = SideContact()
        let line = Line(
            contact: contact,
            surveyor: Surveyor(
                job: job,
                contact: contact,
                opening: opening,
                sparesPulls: opening == .none && job.pulls != nil
            ),
            finder: CandidateFinder(job: job, contact: contact),
            slots: Slots(limits.roots),
            act: act
        )
        let routes = RouteFinder(job, contact) { events(.routeFailed($0, $1)) }.routes()
        try await forEach(routes.elements(wrapping: .source), width: limits.routes) { request in
            events(.routeFound(request.route))
            do { try await follow(request, line) } catch {
                try contact.settle(error)
                events(.routeFailed(request.route.source, error))
            }
        }
    }

    /// Takes the images of a route down the line.
    private func follow(_ request: RouteRequest, _ line: Line) async throws {
        let candidates = try await line.finder.look(for: request)
        let companions = CompanionFinder(job: job, route: request.route, line.surveyor, line.documents, candidates)
        try await forEach(candidates.images.elements(wrapping: .source), width: limits.roots) { candidate in
            try await carry(candidate.target, of: request.route, line) {
                let survey = try await line.surveyor.survey(candidate, line.documents)
                do { return [try await companions.completed(survey)] } catch let failure as SideFailure
                    where line.surveyor.opening == .affordable && failure.shortage(at: job.source.name) != nil
                {
                    return [survey.unopened]
                }
            }
        }
        guard candidates.takesRest, line.surveyor.opening == .all else { return }
        try await forEach(await candidates.companions.rest, width: limits.roots) { companion, entry in
            try await carry(.tag(entry.tag), of: request.route, line) { try await companions.rest(companion, entry) }
        }
    }

    /// Looks at an image, decides, and acts; what fails is told.
    private func carry(
        _ target: Target,
        of route: Route,
        _ line: Line,
        _ look: () async throws -> [RootSurvey]
    ) async throws {
        let slot = try await line.slots.acquire()
        defer { slot.release() }
        do {
            for survey in try await look() {
                note(survey)
                guard let plan = try Planner.plan(survey) else { continue }
                events(.planned(plan))
                try await line.act(plan)
            }
        } catch let refusal as Refusal {
            events(.refused(route, target, refusal))
        } catch let failure as SideFailure where failure.shortage(at: job.source.name) != nil {
            if let shortage = failure.shortage(at: job.source.name) { events(.postponed(route, target, shortage)) }
        } catch {
            try line.contact.settle(error)
            events(.failed(route, target, error))
        }
    }
}

extension SideFailure {
    /// What of the source's pulls is missing, if that is why.
    fileprivate func shortage(at place: String) -> PullsUsedUp? {
        if underlying is PullRefused { return PullsUsedUp(place: place, needed: 1, limit: nil, kept: 0) }
        return underlying as? PullsUsedUp
    }
}

extension Replicator {
    /// Tells what was found, and remembers what is equal.
    private func note(_ survey: RootSurvey) {
        let (route, target) = (survey.route, survey.target)
        // Of companions, only what speaks against them is told by itself.
        for companion in survey.companions {
            if case .refused(let refusal) = companion.finding { events(.refused(route, companion.target, refusal)) }
        }
        switch survey.finding {
        case .equal(let digest):
            if let tag = survey.tag { job.memory.noteEqual(tag, in: route.destination, digest) }
            return events(.equal(route, target, digest))
        case .unopened(let new, let old):
            events(.estimated(route, target, tag: survey.tag, new: new, old: old, details: survey.details))
        case .unwanted(let unwanted): return events(.unwanted(route, target, unwanted))
        case .refused(let refusal): events(.refused(route, target, refusal))
        case .left(let digest): events(.left(route, target, digest))
        case .new, .moved, .lacking: break
        }
        if let tag = survey.tag { job.memory.noteDifferent(tag, in: route.destination) }
    }
}

extension Pages {
    /// The elements one by one, with the side that a failure of the listing belongs to.
    func elements(wrapping side: Side) -> Elements<Element> { Elements(pages: self, side: side) }
}

/// The elements of a listing, one by one.
struct Elements<Element: Sendable>: AsyncSequence, Sendable {
    let pages: Pages<Element>
    let side: Side

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pages: pages.makeAsyncIterator(), side: side) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var pages: Pages<Element>.AsyncIterator
        let side: Side
        var page: ArraySlice<Element> = []

        mutating func next() async throws -> Element? {
            while page.isEmpty {
                do {
                    guard let next = try await pages.next() else { return nil }
                    page = next[...]
                } catch {
                    throw SideFailure.wrapping(error, side: side)
                }
            }
            return page.removeFirst()
        }
    }
}
