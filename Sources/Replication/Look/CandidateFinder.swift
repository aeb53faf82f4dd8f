// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Looks for the images of a route that are wanted: lists tags, and lets rules choose among them.
struct CandidateFinder: Sendable {
    let job: Job
    let contact: SideContact

    /// The images, in pages.
    ///
    /// The destination's tags are listed first, so that a tag that is absent there needs no question.
    func candidates(of request: RouteRequest) async throws -> Pages<Candidate> {
        switch request.images {
        case .targets(let targets):
            let present = targets.count > 1 ? try await destinationTags(request.route) : nil
            return Pages(targets.map { candidate($0, on: request.route, present) })
        case .pinned(let images):
            return Pages(images.map { Candidate(pinned: $0) })
        case .tags(let rule):
            let present = try await destinationTags(request.route)
            let entries = rule.map { chosen(request, by: $0) } ?? listed(request)
            return Pages {
                var pages = entries.makeAsyncIterator()
                return { try await pages.next()?.map { Candidate(entry: $0, on: request.route, present) } }
            }
        }
    }

    /// The tags of the source with what a rule says of them, in the order of the listing.
    ///
    /// Names and what is known of them are held in memory, documents are not.
    func judged(_ request: RouteRequest, by rule: TagRule?) async throws -> [(entry: TagEntry, verdict: TagVerdict)] {
        var entries: [TagEntry] = []
        for try await page in listed(request) { entries += page }
        let selector = TagSelector(rule)
        let first = selector.firstPass(entries.map(\.tag))
        guard selector.needsDates, case .rules(let ruled) = job.selection else {
            return zip(entries, first).map { (entry: $0, verdict: $1) }
        }
        let dates = try await dates(of: zip(entries, first).filter { $1 == .undecided }.map(\.0), request.route)
        let facts = entries.map { TagFacts(tag: $0.tag, digest: $0.digest, date: dates[$0.tag]) }
        return zip(entries, TagSelector(rule).select(facts, now: ruled.now)).map { (entry: $0, verdict: $1) }
    }

    private func chosen(_ request: RouteRequest, by rule: TagRule) -> Pages<TagEntry> {
        Pages {
            var isDone = false
            return {
                if isDone { return nil }
                let taken = try await judged(request, by: rule).filter(\.verdict.isTaken).map(\.entry)
                isDone = true
                return taken
            }
        }
    }

    /// The source's tags, in pages of its listing.
    private func listed(_ request: RouteRequest) -> Pages<TagEntry> {
        let tags = job.source.source(request.route.source).tags()
        return Pages {
            var pages = tags.makeAsyncIterator()
            var isEmpty = true
            return {
                do {
                    let page = try await pages.next()
                    contact.note(.source)
                    isEmpty = isEmpty && page?.isEmpty ?? true
                    // A repository of the catalog may be empty; one that was named is expected to have something.
                    if page == nil, request.isNamed, isEmpty { throw RepositoryEmpty() }
                    return page
                } catch {
                    throw SideFailure.wrapping(error, side: .source)
                }
            }
        }
    }

    private func destinationTags(_ route: Route) async throws -> [TagName: Digest?] {
        var present: [TagName: Digest?] = [:]
        do {
            for try await page in job.destination.sink(route.destination).tags() {
                for entry in page { present[entry.tag] = .some(entry.digest) }
            }
            contact.note(.destination)
        } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
        return present
    }

    private func candidate(_ target: Target, on route: Route, _ present: [TagName: Digest?]?) -> Candidate {
        guard case .tag(let tag) = target else {
            return Candidate(route: route, target: target, tag: job.mapping.tag, mayBePresent: true)
        }
        guard let present, job.mapping.tag == nil else {
            return Candidate(route: route, target: target, tag: job.mapping.tag ?? tag, mayBePresent: true)
        }
        return Candidate(entry: TagEntry(tag: tag), on: route, present)
    }

    /// When images were made, as far as they say; a few are asked side by side.
    private func dates(of entries: [TagEntry], _ route: Route) async throws -> [TagName: TagDate] {
        let reader = CreationDates(source: job.source.source(route.source), hints: job.dates)
        return try await withThrowingTaskGroup(of: (TagName, TagDate?).self) { group in
            var dates: [TagName: TagDate] = [:]
            var rest = entries[...]
            func begin() {
                guard let entry = rest.popFirst() else { return }
                group.addTask { (entry.tag, try await reader.date(of: entry)) }
            }
            for _ in 0..<16 { begin() }
            while let (tag, date) = try await group.next() {
                dates[tag] = date
                begin()
            }
            return dates
        }
    }
}

extension Candidate {
    /// A tag of the source's listing.
    init(entry: TagEntry, on route: Route, _ present: [TagName: Digest?]) {
        self.init(
            route: route,
            target: .tag(entry.tag),
            tag: entry.tag,
            sourceDigest: entry.digest,
            mayBePresent: present[entry.tag] != nil,
            destinationDigest: present[entry.tag] ?? nil
        )
    }

    /// An image of a plan.
    init(pinned image: Selection.PinnedImage) {
        self.init(
            route: image.route,
            target: .digest(image.digest),
            tag: image.tag,
            mayBePresent: true,
            expectation: Expectation(old: image.old)
        )
    }
}
