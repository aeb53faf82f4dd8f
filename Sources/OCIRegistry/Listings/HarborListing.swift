// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Harbor's own API, on the host of the registry: repositories of a project, and artifacts with their tags.
///
/// It takes the user name and the password of the registry, those of robots included, and shows strangers what is public.
/// Names with a slash are encoded twice. Signatures and other accessories are not among the artifacts, though they may have
/// tags: the spec's list of tags follows, and names what the artifacts do not have. Sources: api/v2.0/swagger.yaml of
/// goharbor/harbor, and src/server/registry/tag.go for what the spec's list has.
struct HarborListing: ProductListing {
    /// The longest page that there is.
    private static let pageSize = 100

    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>? {
        guard !paths.isEmpty else { return repositories(at: "/api/v2.0/repositories", nil, of: endpoint) }
        let listings = paths.namespaces.map {
            repositories(at: "/api/v2.0/projects/\($0)/repositories", $0, of: endpoint)
        }
        return .joined(listings)
    }

    private func repositories(
        at path: String,
        _ project: String?,
        of endpoint: RemoteEndpoint
    ) -> Pages<RepositoryName> {
        let api = endpoint.service(at: nil, project.flatMap { .some(below: $0) })
        return api.listing(
            [Repository].self,
            at: [path],
            query: "page=1&page_size=\(Self.pageSize)",
            by: { $0 },
            during: .listRepositories,
            subject: project.map { "\($0)/" } ?? "",
            prepare: { $0.identification = .fixed(try await Self.header(api)) },
            parse: { $0.compactMap { endpoint.repositoryName($0.name) } }
        )
    }

    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>? {
        guard let (project, rest) = repository.split else { return nil }
        let api = endpoint.service(at: nil, repository)
        let artifacts = api.listing(
            [Artifact].self,
            at: ["/api/v2.0/projects/\(project)/repositories/\(rest.formEncoded.formEncoded)/artifacts"],
            query: "page=1&page_size=\(Self.pageSize)&with_tag=true",
            by: \.tag,
            during: .listTags,
            subject: repository.text,
            prepare: { $0.identification = .fixed(try await Self.header(api)) },
            parse: { $0.flatMap { $0.entries { endpoint.tagName($0, of: repository) } } }
        )
        return .joined([artifacts, endpoint[repository].plainTags()]).unique(by: \.tag)
    }

    private static func header(_ api: RegistryAPI) async throws -> Secret? {
        try await api.servicePassword().map { .basic($0.username, $0.password) }
    }

    private struct Repository: Decodable {
        let name: String
    }

    private struct Artifact: Decodable {
        struct Tag: Decodable {
            enum CodingKeys: String, CodingKey {
                case name
                case pushed = "push_time"
            }

            let name: String
            let pushed: String?
        }

        struct Reference: Decodable {}

        enum CodingKeys: String, CodingKey {
            case digest, size, tags, references
            case pushed = "push_time"
        }

        let digest: String?
        let size: Int64?
        let tags: [Tag]?
        let references: [Reference]?
        let pushed: String?

        func entries(_ name: (String) -> TagName?) -> [TagEntry] {
            (tags ?? [])
                .compactMap { tag in
                    name(tag.name)
                        .map {
                            TagEntry(
                                tag: $0,
                                digest: digest.flatMap { try? Digest($0) },
                                details: TagEntry.Details(
                                    size: size.flatMap { $0 > 0 ? $0 : nil },
                                    manifests: 1 + min(references?.count ?? 0, 1000),
                                    pushed: (tag.pushed ?? pushed).flatMap(Timestamp.seconds)
                                )
                            )
                        }
                }
        }
    }
}
