// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The packages API of GitHub, which is another host than its registry: versions of a package with their tags.
///
/// It refuses whoever does not show a token with `read:packages`, also for what is public: without a credential nothing is
/// asked. Packages of organisations and of users are at different paths, and which it is shows in a 404. Every manifest is a
/// version, so that pages of images for many platforms hold few tags. A date is that of the last change of the version, a
/// tag that was moved to it included. Source: docs.github.com/rest/packages/packages.
struct GitHubListing: ProductListing {
    private static let host = "api.github.com"
    /// The longest page that there is.
    private static let pageSize = 100

    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>? {
        guard Self.isKnown(endpoint), !paths.isEmpty else { return nil }
        return .joined(paths.namespaces.map { repositories(of: $0, endpoint) })
    }

    /// Whether the API is that of the registry: to no other one's may the credential go.
    private static func isKnown(_ endpoint: RemoteEndpoint) -> Bool {
        endpoint.registry.host.name == "ghcr.io" || endpoint.registry.namesAPI
    }

    private func repositories(of owner: String, _ endpoint: RemoteEndpoint) -> Pages<RepositoryName> {
        let api = endpoint.service(at: Self.host, .some(below: owner))
        return api.listing(
            [Package].self,
            at: Self.owners(owner).map { "\($0)/packages" },
            query: "package_type=container&per_page=\(Self.pageSize)",
            by: { $0 },
            during: .listRepositories,
            subject: "\(owner)/",
            prepare: { try await Self.prepare(&$0, for: api) },
            parse: { $0.compactMap { endpoint.repositoryName("\(owner)/\($0.name)") } }
        )
    }

    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>? {
        guard Self.isKnown(endpoint), let (owner, name) = repository.split else { return nil }
        let api = endpoint.service(at: Self.host, repository)
        return api.listing(
            [Version].self,
            at: Self.owners(owner).map { "\($0)/packages/container/\(name.formEncoded)/versions" },
            query: "per_page=\(Self.pageSize)",
            by: \.tag,
            during: .listTags,
            subject: repository.text,
            prepare: { try await Self.prepare(&$0, for: api) },
            parse: { $0.flatMap { $0.entries { endpoint.tagName($0, of: repository) } } }
        )
    }

    /// The paths of an owner, who is an organisation or a user.
    private static func owners(_ name: String) -> [String] { ["/orgs/\(name)", "/users/\(name)"] }

    private static func prepare(_ request: inout Exchange, for api: RegistryAPI) async throws {
        guard let token = try await api.serviceToken() else { throw ListingUnavailable() }
        request.identification = .fixed(token)
        request.headers += [
            ("Accept", "application/vnd.github+json"), ("X-GitHub-Api-Version", "2022-11-28"),
        ]
    }

    private struct Package: Decodable {
        let name: String
    }

    private struct Version: Decodable {
        struct Metadata: Decodable {
            struct Container: Decodable {
                let tags: [String?]?
            }

            let container: Container?
        }

        enum CodingKeys: String, CodingKey {
            case name, metadata
            case created = "created_at"
            case updated = "updated_at"
        }

        /// The digest of the manifest.
        let name: String
        let metadata: Metadata?
        let created: String?
        let updated: String?

        func entries(_ name: (String) -> TagName?) -> [TagEntry] {
            let tags = (metadata?.container?.tags ?? []).compactMap { $0.flatMap(name) }
            let pushed = (updated ?? created).flatMap(Timestamp.seconds)
            return tags.map {
                TagEntry(tag: $0, digest: try? Digest(self.name), details: TagEntry.Details(pushed: pushed))
            }
        }
    }
}
