// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Looks for the images of a route that are wanted: lists tags, and lets rules choose among them.
struct CandidateFinder: Sendable {
    let job: Job
    let contact: SideContact
    private let tags: TagLister

    init(job: Job, contact: SideContact) {
        self.job = job
        self.contact = contact
        tags = TagLister(source: job.source, selection: job.selection, hints: job.dates, contact: contact)
    }

    /// The images of a route, and the tags that stand for companions of them.
    ///
    /// The destination's tags are listed first, so that a tag that is absent there needs no question.
    func look(for request: RouteRequest) async throws -> RouteCandidates {
        switch request.images {
        case .named(let named):
            let present = named.count > 1 ? try await destinationTags(request.route) : nil
            let images = Pages(named.map { candidate($0, on: request.route, present) })
            return RouteCandidates(images: images, companions: unlisted(request.route), present: present)
        case .pinned(let images):
            let images = Pages(images.map { Candidate(pinned: $0) })
            return RouteCandidates(images: images, companions: unlisted(request.route), present: nil)
        case .tags(let rule):
            let present = try await destinationTags(request.route)
            let listed = try await tags.entries(request)
            let taken = try await tags.taken(of: listed, request, by: rule).filter { CompanionTag($0.tag) == nil }
            return RouteCandidates(
                images: candidates(taken, on: request.route, present),
                companions: CompanionTags(listed),
                present: present,
                // Companions without their image may belong to platforms that are not wanted.
                takesRest: rule == nil && job.images.platforms == nil
            )
        }
    }

    /// Candidates in pages: all of them at once would be many times as long as their tags.
    private func candidates(_ entries: [TagEntry], on route: Route, _ present: PresentTags) -> Pages<Candidate> {
        Pages {
            var rest = entries[...]
            return {
                let page = rest.prefix(256)
                rest = rest.dropFirst(256)
                return page.isEmpty ? nil : page.map { Candidate(entry: $0, on: route, present) }
            }
        }
    }

    /// The companion tags of a route whose tags were not listed so far.
    private func unlisted(_ route: Route) -> CompanionTags {
        CompanionTags {
            var entries: [TagEntry] = []
            do {
                for try await page in job.source.source(route.source).tags() {
                    entries += page.filter { CompanionTag($0.tag) != nil }
                }
            } catch {
                throw SideFailure.wrapping(error, side: .source)
            }
            return entries
        }
    }

    private func destinationTags(_ route: Route) async throws -> PresentTags {
        var present = PresentTags()
        do {
            for try await page in job.destination.sink(route.destination).tags() {
                for entry in page { present.insert(entry) }
            }
            contact.note(.destination)
        } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
        return present
    }

    private func candidate(_ image: NamedImage, on route: Route, _ present: PresentTags?) -> Candidate {
        let tag = job.mapping.destinationTag(of: image.target, writtenTag: image.writtenTag)
        guard let present, let tag else {
            return Candidate(route: route, target: image.target, tag: tag, mayBePresent: true)
        }
        return Candidate(
            route: route,
            target: image.target,
            tag: tag,
            mayBePresent: present.contains(tag),
            destinationDigest: present.digest(of: tag)
        )
    }
}

/// What was found to look at in a route.
struct RouteCandidates: Sendable {
    /// The images that are wanted.
    let images: Pages<Candidate>
    /// The tags of what hangs on images.
    let companions: CompanionTags
    /// The destination's tags; `nil` where they were not listed.
    let present: PresentTags?
    /// Whether all tags are wanted, so also those of companions whose image has no tag.
    var takesRest = false
}

extension Candidate {
    /// A tag of the source's listing.
    init(entry: TagEntry, on route: Route, _ present: PresentTags) {
        self.init(
            route: route,
            target: .tag(entry.tag),
            tag: entry.tag,
            sourceDigest: entry.digest,
            details: entry.details,
            mayBePresent: present.contains(entry.tag),
            destinationDigest: present.digest(of: entry.tag)
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
