// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// A route with what is wanted of it.
struct RouteRequest: Hashable, Sendable {
    /// Which images of a repository are wanted.
    enum Images: Hashable {
        /// All tags, or those that a rule takes.
        case tags(TagRule?)
        /// These, and nothing is listed for them.
        case named([NamedImage])
        /// Those of a plan.
        case pinned([Selection.PinnedImage])
    }

    let route: Route
    let images: Images
    /// Whether somebody named the repository, and expects it to have something.
    let isNamed: Bool
    /// The images of the repository that another request names.
    var namedBeside: [NamedImage] = []
}

/// Looks for the routes of a job: repositories that are named, and those of the source's catalog.
struct RouteFinder: Sendable {
    let source: any SourceEndpoint
    let selection: Selection
    let mapping: NameMapping
    let contact: SideContact
    /// Told of repositories of the catalog that rules do not take.
    let leftOut: @Sendable (RepositoryName, RepositoryVerdict) -> Void
    /// Told of repositories that are selected, but cannot be copied: their name at the destination breaks the grammar, or
    /// is another one's.
    let failed: @Sendable (RepositoryName, any Error) -> Void

    init(
        source: any SourceEndpoint,
        selection: Selection,
        mapping: NameMapping,
        contact: SideContact,
        leftOut: @escaping @Sendable (RepositoryName, RepositoryVerdict) -> Void = { _, _ in },
        failed: @escaping @Sendable (RepositoryName, any Error) -> Void
    ) {
        self.source = source
        self.selection = selection
        self.mapping = mapping
        self.contact = contact
        self.leftOut = leftOut
        self.failed = failed
    }

    init(_ job: Job, _ contact: SideContact, failed: @escaping @Sendable (RepositoryName, any Error) -> Void) {
        self.init(
            source: job.source,
            selection: job.selection,
            mapping: job.mapping,
            contact: contact,
            failed: failed
        )
    }

    /// The routes, in pages; those that are known without the catalog first.
    func routes() -> Pages<RouteRequest> {
        switch selection {
        case .image(let name, let target): return named([name]) { _ in .named([NamedImage(target)]) }
        case .repository(let name): return named([name]) { _ in .tags(nil) }
        case .catalog(let scope):
            let names = catalog(below: [scope.base].compactMap(\.self))
            return Pages {
                var names = names.makeAsyncIterator()
                return {
                    try await names.next()?.filter(scope.includes).compactMap { request($0, .tags(nil)) }
                }
            }
        case .rules(let ruled): return RuledRoutes(rules: ruled.rules, base: ruled.base, finder: self).routes()
        case .references(let references): return Pages(requests(of: references))
        case .pinned(let images): return Pages(requests(of: images))
        }
    }

    private func named(
        _ names: [RepositoryName],
        _ images: (RepositoryName) -> RouteRequest.Images
    ) -> Pages<RouteRequest> {
        Pages(names.compactMap { request($0, images($0), isNamed: true) })
    }

    /// The catalog's repositories, without those that lie where the job writes to.
    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        Pages {
            var names = source.catalog(below: paths).makeAsyncIterator()
            return {
                let page = try await names.next()
                contact.note(.source)
                return page?.filter { !mapping.isDestination($0) }
            }
        }
    }

    func request(
        _ name: RepositoryName,
        _ images: RouteRequest.Images,
        as renamed: RepositoryName? = nil,
        isNamed: Bool = false,
        beside named: [NamedImage] = []
    ) -> RouteRequest? {
        do {
            let route = Route(source: name, destination: try mapping.destination(of: renamed ?? name))
            return RouteRequest(route: route, images: images, isNamed: isNamed, namedBeside: named)
        } catch {
            failed(name, error)
            return nil
        }
    }

    /// The routes of a repository of which tags are wanted, and beside them what is named by digest.
    func requests(
        _ name: RepositoryName,
        _ tags: RouteRequest.Images,
        _ digests: [NamedImage],
        as renamed: RepositoryName? = nil,
        isNamed: Bool = true
    ) -> [RouteRequest] {
        let tags = request(name, tags, as: renamed, isNamed: isNamed, beside: digests)
        let named = digests.isEmpty ? nil : request(name, .named(digests), as: renamed, isNamed: isNamed)
        return [tags, named].compactMap(\.self)
    }

    /// One route for each repository, whatever the order of the references.
    private func requests(of references: [Selection.Reference]) -> [RouteRequest] {
        var names: [RepositoryName] = []
        var images: [RepositoryName: [NamedImage]] = [:]
        var whole: Set<RepositoryName> = []
        for reference in references {
            if images[reference.repository] == nil { names.append(reference.repository) }
            let image = reference.target.map { NamedImage($0, writtenTag: reference.writtenTag) }
            images[reference.repository, default: []] += image.map { [$0] } ?? []
            if reference.target == nil { whole.insert(reference.repository) }
        }
        return names.flatMap { name -> [RouteRequest] in
            let images = images[name] ?? []
            guard whole.contains(name) else {
                return request(name, .named(NamedImage.settled(images)), isNamed: true).map { [$0] } ?? []
            }
            // Whatever tag stands beside a digest may be among all of them.
            let digests = images.filter(\.isDigest).map { NamedImage($0.target) }
            return requests(name, .tags(nil), NamedImage.settled(digests))
        }
    }

    private func requests(of images: [Selection.PinnedImage]) -> [RouteRequest] {
        var routes: [Route] = []
        var byRoute: [Route: [Selection.PinnedImage]] = [:]
        for image in images {
            if byRoute[image.route] == nil { routes.append(image.route) }
            byRoute[image.route, default: []].append(image)
        }
        return routes.map { RouteRequest(route: $0, images: .pinned(byRoute[$0] ?? []), isNamed: true) }
    }
}
