// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Looks for the images of a route that are wanted: lists tags, and lets rules choose among them.
struct CandidateFinder: Sendable {
    let job: Job
    let contact: SideContact
    /// Told of the tags that the destination has, where they are listed.
    var destinationListed: @Sendable ([TagName: Digest?]) -> Void = { _ in }
    private let tags: TagLister

    init(job: Job, contact: SideContact) {
        self.job = job
        self.contact = contact
        tags = TagLister(source: job.source, selection: job.selection, hints: job.dates, contact: contact)
    }

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
            let entries = rule.map { chosen(request, by: $0) } ?? tags.listed(request)
            return Pages {
                var pages = entries.makeAsyncIterator()
                return { try await pages.next()?.map { Candidate(entry: $0, on: request.route, present) } }
            }
        }
    }

    private func chosen(_ request: RouteRequest, by rule: TagRule) -> Pages<TagEntry> {
        Pages {
            var isDone = false
            return {
                if isDone { return nil }
                let taken = try await tags.judged(request, by: rule).filter(\.verdict.isTaken).map(\.entry)
                isDone = true
                return taken
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
        destinationListed(present)
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
