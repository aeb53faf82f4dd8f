// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import OCIContent

/// Quay's own API, on the host of the registry: tags of a repository, and repositories of a namespace.
///
/// It takes OAuth tokens, which are no credentials of the registry: robots and passwords are nobody there, so that no
/// credential is shown to it, and only what is public is listed by it. Somebody with a credential is given the catalog of the
/// registry, lest private repositories be missed. Tags come the newest first, and a date is that of the push of the tag.
/// Source: endpoints/api/tag.py and endpoints/api/repository.py of quay/quay.
struct QuayListing: ProductListing {
    /// The longest page that there is.
    private static let pageSize = 100

    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>? {
        guard !paths.isEmpty else { return nil }
        return .joined(paths.namespaces.map { repositories(in: $0, of: endpoint) })
    }

    private func repositories(in namespace: String, of endpoint: RemoteEndpoint) -> Pages<RepositoryName> {
        let api = endpoint.service(at: nil, nil)
        let first = api.request(
            .GET,
            "/api/v1/repository",
            query: "namespace=\(namespace.formEncoded)&public=true"
        )
        let subject = "\(namespace)/"
        return api.listing(from: first.url, by: { $0 }, during: .listRepositories, subject: subject) { url, _ in
            guard try await api.transport.credential(for: .some(below: namespace)) == nil else {
                throw ListingUnavailable()
            }
            let body = try await answer(Repositories.self, url, of: api, during: .listRepositories, subject: subject)
            let names = body.repositories.compactMap { endpoint.repositoryName("\(namespace)/\($0.name)") }
            return (names, body.next.map { first.url.appending("next_page", $0.formEncoded) })
        }
    }

    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>? {
        guard repository.split != nil else { return nil }
        let api = endpoint.service(at: nil, repository)
        let path = "/api/v1/repository/\(repository)/tag/"
        let subject = repository.text
        return api.listing(from: 1, by: \.tag, during: .listTags, subject: subject) { number, _ in
            let query = "limit=\(Self.pageSize)&page=\(number)&onlyActiveTags=true"
            let url = api.request(.GET, path, query: query).url
            let body = try await answer(Tags.self, url, of: api, during: .listTags, subject: subject)
            let entries = (body.tags ?? []).compactMap { $0.entry(endpoint.tagName($0.name, of: repository)) }
            return (entries, body.hasMore == true ? number + 1 : nil)
        }
    }

    private func answer<Body: Decodable & SendableMetatype>(
        _: Body.Type,
        _ url: RequestURL,
        of api: RegistryAPI,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> Body {
        let reply = try await api.send(api.page(url, as: .fixed(nil)), during: action, subject: subject)
        if [401, 403].contains(reply.status), try await api.transport.credential(for: api.access.repository) != nil {
            // Somebody with a credential sees more than what is asked for here without one.
            try await reply.discard()
            throw ListingUnavailable()
        }
        guard reply.status == 200 else { throw try await api.error(from: reply, during: action, subject: subject) }
        return try await api.decoded(Body.self, reply, during: action, subject: subject)
    }

    private struct Repositories: Decodable {
        struct Repository: Decodable {
            let name: String
        }

        enum CodingKeys: String, CodingKey {
            case repositories
            case next = "next_page"
        }

        let repositories: [Repository]
        let next: String?
    }

    private struct Tags: Decodable {
        enum CodingKeys: String, CodingKey {
            case tags
            case hasMore = "has_additional"
        }

        let tags: [Tag]?
        let hasMore: Bool?
    }

    private struct Tag: Decodable {
        enum CodingKeys: String, CodingKey {
            case name, size
            case digest = "manifest_digest"
            case isIndex = "is_manifest_list"
            case started = "start_ts"
        }

        let name: String
        let digest: String?
        let isIndex: Bool?
        let size: Int64?
        let started: Int64?

        func entry(_ tag: TagName?) -> TagEntry? {
            tag.map {
                TagEntry(
                    tag: $0,
                    digest: digest.flatMap { try? Digest($0) },
                    details: TagEntry.Details(
                        size: size.flatMap { $0 > 0 ? $0 : nil },
                        manifests: isIndex == false ? 1 : nil,
                        pushed: started.flatMap { $0 > 0 ? $0 : nil }
                    )
                )
            }
        }
    }
}
