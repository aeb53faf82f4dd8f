// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// Looks: finds routes, lists tags, compares them, opens images.
///
/// It only reads.
struct Surveyor: Sendable {
    let job: Job
    let contact: SideContact
    var limits = GraphLimits()

    /// The routes that the job selects, in pages.
    ///
    /// - Parameter unnamed: Told of repositories whose name at the destination would break the grammar.
    func routes(unnamed: @escaping @Sendable (RepositoryName, any Error) -> Void) -> Pages<Route> {
        let mapping = job.mapping
        let route: @Sendable (RepositoryName) -> Route? = { name in
            do { return Route(source: name, destination: try mapping.destination(of: name)) } catch {
                unnamed(name, error)
                return nil
            }
        }
        switch job.selection {
        case .repository(let name), .image(let name, _): return Pages([name].compactMap(route))
        case .catalog:
            return Pages {
                var names = job.source.catalog().makeAsyncIterator()
                return {
                    let page = try await names.next()
                    contact.note(.source)
                    guard let page else { return nil }
                    return page.filter { job.selection.includes($0) && !mapping.isDestination($0) }.compactMap(route)
                }
            }
        }
    }

    /// The images of a route, in pages of the source's listing.
    ///
    /// The destination's tags are listed first, so that a tag that is absent there needs no question.
    func candidates(of route: Route) async throws -> Pages<Candidate> {
        if case .image(_, let target) = job.selection {
            let ownTag: TagName? = if case .tag(let tag) = target { tag } else { nil }
            return Pages([Candidate(route: route, target: target, tag: job.mapping.tag ?? ownTag, mayBePresent: true)])
        }
        var present: [TagName: Digest?] = [:]
        do {
            for try await page in job.destination.sink(route.destination).tags() {
                for entry in page { present[entry.tag] = .some(entry.digest) }
            }
            contact.note(.destination)
        } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
        let source = job.source.source(route.source).tags()
        // A repository of the catalog may be empty; one that was named is expected to have something.
        let isNamed = job.selection == .repository(route.source)
        return Pages { [present] in
            var pages = source.makeAsyncIterator()
            var isEmpty = true
            return {
                do {
                    let page = try await pages.next()
                    contact.note(.source)
                    isEmpty = isEmpty && page?.isEmpty ?? true
                    if page == nil, isNamed, isEmpty { throw RepositoryEmpty() }
                    return page?
                        .map { entry in
                            Candidate(
                                route: route,
                                target: .tag(entry.tag),
                                tag: entry.tag,
                                sourceDigest: entry.digest,
                                mayBePresent: present[entry.tag] != nil,
                                destinationDigest: present[entry.tag] ?? nil
                            )
                        }
                } catch {
                    throw SideFailure.wrapping(error, side: .source)
                }
            }
        }
    }

    /// Compares an image with the destination, and opens it unless it is equal.
    ///
    /// A tag that is absent at the destination costs one GET at the source; one that is present costs a HEAD at either
    /// side where listings gave no digests.
    func survey(_ candidate: Candidate, _ documents: DocumentCache) async throws -> RootSurvey {
        func found(_ finding: RootSurvey.Finding) -> RootSurvey {
            RootSurvey(route: candidate.route, target: candidate.target, tag: candidate.tag, finding: finding)
        }
        guard candidate.mayBePresent, let old = try await destinationDigest(candidate) else {
            return found(.new(try await open(candidate.route, candidate.target, documents)))
        }
        guard let new = try await sourceDigest(candidate) else { throw missingRoot(candidate.target) }
        guard new != old else { return found(.equal(new)) }
        let graph = try await open(candidate.route, .digest(new), documents)
        return found(.moved(graph, from: old))
    }

    private func destinationDigest(_ candidate: Candidate) async throws -> Digest? {
        if let digest = candidate.destinationDigest { return digest }
        let target = candidate.tag.map { Target.tag($0) } ?? candidate.target
        do {
            let old = try await job.destination.sink(candidate.route.destination).resolve(target)
            contact.note(.destination)
            return old?.digest
        } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
    }

    private func sourceDigest(_ candidate: Candidate) async throws -> Digest? {
        if let digest = candidate.sourceDigest { return digest }
        if case .digest(let digest) = candidate.target { return digest }
        do {
            let new = try await job.source.source(candidate.route.source).resolve(candidate.target)
            contact.note(.source)
            return new?.digest
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    private func open(_ route: Route, _ target: Target, _ documents: DocumentCache) async throws -> ImageGraph {
        let opener = ImageOpener(limits: limits, documents: documents) { contact.note(.source) }
        do {
            return try await opener.open(target, from: job.source.source(route.source))
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    private func missingRoot(_ target: Target) -> any Error {
        SideFailure.wrapping(RootMissing(target: target), side: .source)
    }
}

/// The repository that is to be copied has no tags at the source, or is not there.
public struct RepositoryEmpty: Error, Hashable, Sendable {}

/// The image that is to be copied is not at the source.
public struct RootMissing: Error, Hashable, Sendable {
    /// What it was to be called there.
    public let target: Target
}
