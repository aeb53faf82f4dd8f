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
        case .distribution2, .distribution3, .mirror, .ghcr, .acr, .gar, .quay, .harbor, .gitlab, .artifactory,
            .oci, .lenient:
            nil
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

extension RemoteEndpoint {
    /// A listing of the product, and in its place the spec's own where the product does not let us have it.
    func listing<Element: Sendable>(
        _ kind: ListingKind,
        _ own: (any ProductListing) -> Pages<Element>?,
        else plain: Pages<Element>
    ) -> Pages<Element> {
        guard !registry.isRefused(kind), let listing = registry.product?.listing, let pages = own(listing) else {
            return plain
        }
        return Pages {
            var iterator = pages.makeAsyncIterator()
            var isFirst = true
            return {
                do {
                    let page = try await iterator.next()
                    isFirst = false
                    return page
                } catch let error as RegistryError where isFirst && error.speaksAgainstListing {
                    isFirst = false
                    // A repository that is not there says nothing about the others.
                    if !error.isNotFound, registry.refuses(kind) {
                        noted(RegistryNotice(host: registry.host, error: error))
                    }
                    iterator = plain.makeAsyncIterator()
                    return try await iterator.next()
                }
            }
        }
    }
}

extension RegistryError {
    /// Whether the spec's own listing may do better: anything but a host that only wants to be left alone for a while.
    fileprivate var speaksAgainstListing: Bool { if case .status(429, _) = cause { false } else { true } }

    fileprivate var isNotFound: Bool { if case .status(404, _) = cause { true } else { false } }
}

extension Pages {
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
}
