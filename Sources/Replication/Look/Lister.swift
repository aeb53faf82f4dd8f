// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// Lists what a selection takes of a source, and why; nothing is compared, and no image is opened but for its date.
public struct Lister: Sendable {
    /// What is found, in the order in which it is found.
    public enum Finding: Sendable {
        /// A repository that is taken, and what it is called at the destination.
        case repository(Route, RepositoryVerdict?)
        /// A repository of the catalog that is not taken.
        case leftOut(RepositoryName, RepositoryVerdict)
        /// A repository that is taken, and cannot be listed or named.
        case failed(RepositoryName, any Error)
        /// A tag of a repository, and what becomes of it.
        case tag(Route, TagEntry, TagVerdict)
        /// An image that was named one by one.
        case image(Route, Target)
    }

    private let source: any SourceEndpoint
    private let selection: Selection
    private let mapping: NameMapping
    private let hints: any DateHints

    /// Makes a lister of a source.
    public init(
        source: any SourceEndpoint,
        selection: Selection,
        mapping: NameMapping,
        dates hints: any DateHints = NoDateHints()
    ) {
        self.source = source
        self.selection = selection
        self.mapping = mapping
        self.hints = hints
    }

    /// Lists, repository by repository, in the order of the source's catalog after what is named.
    ///
    /// - Throws: ``OCIContent/SideFailure`` if the source cannot be reached; `CancellationError`.
    public func list(_ show: @escaping @Sendable (Finding) -> Void) async throws {
        let contact = SideContact()
        let finder = RouteFinder(
            source: source,
            selection: selection,
            mapping: mapping,
            contact: contact,
            leftOut: { show(.leftOut($0, $1)) },
            failed: { show(.failed($0, $1)) }
        )
        let tags = TagLister(source: source, selection: selection, hints: hints, contact: contact)
        for try await request in finder.routes().elements(wrapping: .source) {
            let route = request.route
            show(.repository(route, verdict(route)))
            do {
                switch request.images {
                case .named(let images): for image in images { show(.image(route, image.target)) }
                case .pinned(let images): for image in images { show(.image(route, .digest(image.digest))) }
                case .tags(let rule):
                    for (entry, verdict) in try await tags.judged(request, by: rule) {
                        show(.tag(route, entry, verdict))
                    }
                }
            } catch {
                try contact.settle(error)
                show(.failed(route.source, error))
            }
        }
    }

    private func verdict(_ route: Route) -> RepositoryVerdict? {
        guard case .rules(let ruled) = selection else { return nil }
        return RuledRoutes.path(of: route.source, below: ruled.base).map { ruled.rules.verdict(for: $0) }
    }
}
