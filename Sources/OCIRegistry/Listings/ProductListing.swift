// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// How one product lists what the spec's listings do not tell: what tags point to, and repositories where there is no
/// catalog.
///
/// One product a file. What a listing says saves questions, nothing more: where the product does not let us have it, the
/// spec's own listings and a question for each tag take its place.
protocol ProductListing: Sendable {
    /// The repositories below some paths, or all of them for no paths; `nil` where the product has no such list.
    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>?

    /// The tags of a repository with what they point to; `nil` where the product has no such list.
    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>?
}

extension RegistryProduct {
    /// The product's own listings; `nil` where it has none but those of the spec.
    var listing: (any ProductListing)? {
        switch self {
        case .dockerHub: HubListing()
        case .ecr: ECRListing()
        case .gar: GoogleListing()
        case .acr: AzureListing()
        case .harbor: HarborListing()
        case .quay: QuayListing()
        case .gitlab: GitLabListing()
        case .ghcr: GitHubListing()
        case .distribution2, .distribution3, .mirror, .artifactory, .oci, .lenient: nil
        }
    }
}

/// What is listed.
enum ListingKind: Hashable {
    case repositories
    case tags
}

/// Something that a registry does not do, and that is coped with; told once in a run.
public struct RegistryNotice: Sendable {
    /// The registry.
    public let host: RegistryHost
    /// Why it did not give its own listing, so that each tag costs a question.
    public let error: RegistryError
}

/// A listing of a product is of no use to whoever asks, for no fault of the registry.
///
/// The credential that it wants is missing, or is one that it does not take. The spec's own listing takes its place, and
/// nothing is said.
struct ListingUnavailable: Error {}

extension RemoteEndpoint {
    /// A listing of the product, and in its place the spec's own where the product does not let us have it.
    ///
    /// What the registry is may first show in the answer with which it refuses the spec's own listing: then that of the
    /// product takes its place.
    func listing<Element: Sendable>(
        _ kind: ListingKind,
        _ own: @escaping @Sendable (any ProductListing) -> Pages<Element>?,
        else plain: Pages<Element>
    ) -> Pages<Element> {
        @Sendable func productPages() -> Pages<Element>? {
            registry.isRefused(kind) ? nil : registry.product?.listing.flatMap(own)
        }
        guard let pages = productPages() else {
            let wasKnown = registry.product?.listing != nil
            return plain.or { _ in wasKnown ? nil : productPages() }
        }
        return pages.or { error in
            if error is ListingUnavailable { return plain }
            guard let error = error as? RegistryError, error.speaksAgainstListing else { return nil }
            // What can pass is tried again, by whoever tries things again, and not without end.
            if error.isUnreachable, !registry.failsAgain(kind) { return nil }
            return plain.or { plainError in
                if plainError is CatalogUnavailable, error.isUnreachable || error.isNotFound { throw error }
                if plainError is CatalogUnavailable { refused(kind, error) }
                // Where both refuse, it is about what was asked for; what is not there, the product says better.
                if plainError is RegistryError, error.isNotFound { throw error }
                return nil
            } first: { page in
                // That something is not there says nothing about the rest, unless it is there.
                if !error.isNotFound || !page.isEmpty { refused(kind, error) }
            }
        } first: { _ in
            registry.listed(kind)
        }
    }

    private func refused(_ kind: ListingKind, _ error: RegistryError) {
        if registry.refuses(kind) { noted(RegistryNotice(host: registry.host, error: error)) }
    }
}

extension RegistryError {
    /// Whether the spec's own listing may do better: anything but a host that only wants to be left alone for a while.
    fileprivate var speaksAgainstListing: Bool { if case .status(429, _) = cause { false } else { true } }

    fileprivate var isNotFound: Bool { if case .status(404, _) = cause { true } else { false } }
}

extension Pages {
    /// This listing, or another one if its first page fails; `nil` where there is no other.
    /// - Parameter first: Told of the first page, if it does not fail.
    func or(
        _ other: @escaping @Sendable (any Error) throws -> Pages<Element>?,
        first: @escaping @Sendable ([Element]) -> Void = { _ in }
    ) -> Pages<Element> {
        Pages {
            var iterator = makeAsyncIterator()
            var isFirst = true
            return {
                do {
                    let page = try await iterator.next()
                    if isFirst { first(page ?? []) }
                    isFirst = false
                    return page
                } catch  where isFirst && !(error is CancellationError) {
                    guard let other = try other(error) else { throw error }
                    isFirst = false
                    iterator = other.makeAsyncIterator()
                    return try await iterator.next()
                }
            }
        }
    }

    /// Several listings, one after the other.
    static func joined(_ listings: [Pages<Element>]) -> Pages<Element> {
        Pages {
            var rest = listings[...]
            var current: AsyncIterator?
            return {
                while true {
                    if current == nil {
                        guard let next = rest.popFirst() else { return nil }
                        current = next.makeAsyncIterator()
                    }
                    if let page = try await current?.next() { return page }
                    current = nil
                }
            }
        }
    }

    /// This listing without the elements whose name came before.
    func unique<Name: Hashable & SendableMetatype>(by name: @escaping @Sendable (Element) -> Name) -> Pages<Element> {
        Pages {
            var iterator = makeAsyncIterator()
            var seen: Set<Name> = []
            return { try await iterator.next()?.filter { seen.insert(name($0)).inserted } }
        }
    }
}
