// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import OCIContent

/// Docker Hub's own listings: an API of another host, with tokens and a limit of its own, and no pull in it.
///
/// Repositories are listed by namespace only. Pages are numbered, the newest tags first: a tag that is pushed meanwhile moves
/// others to the next page, where they are met again and left out; one that is deleted can hide another until the next run.
/// Sources: docs.docker.com/reference/api/hub/latest, and Harbor's adapter for Docker Hub (the path of the repositories).
struct HubListing: ProductListing {
    static let host = "hub.docker.com"
    /// The longest page that there is.
    static let pageSize = 100

    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>? {
        guard Self.isKnown(endpoint), !paths.isEmpty else { return nil }
        return .joined(paths.namespaces.map { repositories(in: $0, of: endpoint) })
    }

    /// Whether the API is that of the registry: to no other one's may the credential go.
    private static func isKnown(_ endpoint: RemoteEndpoint) -> Bool {
        endpoint.registry.host == .dockerHub || endpoint.registry.namesAPI
    }

    private func repositories(in namespace: String, of endpoint: RemoteEndpoint) -> Pages<RepositoryName> {
        let service = HubService(endpoint, repository: .some(below: namespace))
        let path = "/v2/repositories/\(namespace)/"
        return service.listing(Repository.self, path, by: { $0 }, during: .listRepositories, subject: "\(namespace)/") {
            endpoint.repositoryName("\(namespace)/\($0.name)")
        }
    }

    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>? {
        let parts = repository.components
        guard Self.isKnown(endpoint), parts.count == 2 else { return nil }
        let service = HubService(endpoint, repository: repository)
        let path = "/v2/namespaces/\(parts[0])/repositories/\(parts[1])/tags"
        return service.listing(Tag.self, path, by: \.tag, during: .listTags, subject: repository.text) {
            $0.entry(endpoint.tagName($0.name, of: repository))
        }
    }

    private struct Repository: Decodable {
        let name: String
    }

    private struct Tag: Decodable {
        struct Image: Decodable {
            let size: Int64?
        }

        enum CodingKeys: String, CodingKey {
            case name, digest, images
            case pushed = "tag_last_pushed"
            case updated = "last_updated"
            case mediaType = "media_type"
        }

        let name: String
        let digest: String?
        let images: [Image]?
        let pushed: String?
        let updated: String?
        let mediaType: String?

        /// How many manifests there are: an index, and an image for each platform.
        private var manifests: Int? {
            let type = mediaType.flatMap { MediaType($0) }
            if let type, !type.isIndex { return 1 }
            // Old tags do not tell what they are; one image may be behind an index then, or not.
            return images.map { min($0.count, 1000) + 1 }
        }

        func entry(_ tag: TagName?) -> TagEntry? {
            let sizes = (images ?? []).compactMap(\.size).filter { $0 >= 0 }
            return tag.map {
                TagEntry(
                    tag: $0,
                    // Old tags have none, nor have those whose push is not over.
                    digest: digest.flatMap { try? Digest($0) },
                    details: TagEntry.Details(
                        size: sizes.isEmpty ? nil : sizes.reduce(0) { $0.addingClamped($1) },
                        manifests: manifests,
                        pushed: (pushed ?? updated).flatMap(Timestamp.seconds)
                    )
                )
            }
        }
    }
}

/// The API of Docker Hub in one role: who asks, and how its pages follow each other.
private struct HubService {
    private let api: RegistryAPI
    private let repository: RepositoryName?
    private let logins: ServiceLogins

    /// - Parameter repository: The repository whose credential is used.
    init(_ endpoint: RemoteEndpoint, repository: RepositoryName?) {
        api = endpoint.service(at: HubListing.host, repository)
        self.repository = repository
        logins = endpoint.registry.logins
    }

    private struct Body<Item: Decodable>: Decodable {
        let results: [Item]
        let next: String?
    }

    func listing<Item: Decodable & SendableMetatype, Element: Sendable>(
        _: Item.Type,
        _ path: String,
        by name: @escaping @Sendable (Element) -> some Hashable,
        during action: RegistryError.Action,
        subject: String,
        parse: @escaping @Sendable (Item) throws -> Element?
    ) -> Pages<Element> {
        let first = api.request(.GET, path, query: "page_size=\(HubListing.pageSize)").url
        return api.listing(from: first, by: name, during: action, subject: subject) { url, _ in
            let token = try await token(during: action, subject: subject)
            let reply = try await api.send(api.page(url, as: .fixed(token)), during: action, subject: subject)
            guard reply.status == 200 else { throw try await api.error(from: reply, during: action, subject: subject) }
            let body = try await api.decoded(Body<Item>.self, reply, during: action, subject: subject)
            let next = try body.next.map { try api.page($0, after: reply, during: action, subject: subject) }
            return (try body.results.compactMap(parse), next)
        }
    }

    /// The header for a request; `nil` for somebody without credentials, who sees what is public.
    private func token(during action: RegistryError.Action, subject: String) async throws -> Secret? {
        guard let (name, secret) = try await api.servicePassword(),
            let credential = try await api.transport.credential(for: repository)
        else { return nil }
        return try await logins.header(for: credential) {
            try await logIn(name, secret, during: action, subject: subject)
        }
    }

    /// Buys a token, which is good for ten minutes; its answer does not say so (Harbor takes a new one after nine).
    private func logIn(
        _ name: String,
        _ secret: Secret,
        during action: RegistryError.Action,
        subject: String
    ) async throws -> ServiceLogins.Token {
        struct Answer: Decodable {
            enum CodingKeys: String, CodingKey {
                case token = "access_token"
            }
            let token: String
        }
        let fields = [("identifier", name), ("secret", secret.exposed)]
        let text = fields.map { "\"\($0.0)\":\(StrictJSON.quoted($0.1))" }.joined(separator: ",")
        let request = api.post("/v2/auth/token", json: Secret("{\(text)}"), as: .fixed(nil))
        let reply = try await api.send(request, during: action, subject: subject)
        guard reply.status == 200 else { throw try await api.error(from: reply, during: action, subject: subject) }
        let answer = try await api.decoded(Answer.self, reply, during: action, subject: subject)
        guard let header = Secret.bearer(answer.token) else {
            throw api.error(.answer("the token cannot be used"), during: action, subject: subject)
        }
        return ServiceLogins.Token(header: header, life: .seconds(540))
    }
}
