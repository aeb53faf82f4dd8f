// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// GitLab's own listings: tags by the registry itself, repositories by the API of GitLab, which is another host.
///
/// Tags are listed by registries that keep their metadata in a database (gitlab.com's does), with the registry's own token;
/// the others answer 404. A path may be a group, a project, or lie in a project. Its repositories are listed to whoever has a
/// personal, group or project access token with `read_api` as the password; for nothing but `registry.gitlab.com` is it
/// known where that API is, unless the configuration says so. Sources: docs/spec/gitlab/api.md of
/// gitlab-org/container-registry, and docs.gitlab.com/api/container_registry.
struct GitLabListing: ProductListing {
    /// Where the API of the one GitLab is that is not somebody's own.
    private static let host = "gitlab.com"
    /// The longest page that there is.
    private static let pageSize = 100

    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>? {
        let isKnown = endpoint.registry.host.name == "registry.gitlab.com" || endpoint.registry.namesAPI
        guard isKnown, !paths.isEmpty else { return nil }
        return Pages.joined(paths.map { repositories(below: $0, of: endpoint) }).unique { $0 }
    }

    private func repositories(below path: RepositoryName, of endpoint: RemoteEndpoint) -> Pages<RepositoryName> {
        let api = endpoint.service(at: Self.host, .some(below: path.text))
        return api.listing(
            [Repository].self,
            at: Self.owners(of: path).map { "/api/v4/\($0)/registry/repositories" },
            query: "per_page=\(Self.pageSize)",
            by: { $0 },
            during: .listRepositories,
            subject: "\(path)/",
            prepare: { $0.identification = .fixed(try await api.serviceToken()) },
            parse: { $0.compactMap { endpoint.repositoryName($0.path) } }
        )
    }

    /// What a path may be to GitLab: a group, a project, or up to two more components in a project, which has a group or a
    /// user before its name.
    private static func owners(of path: RepositoryName) -> [String] {
        let parts = path.components
        let projects = (0...2).map { parts.dropLast($0) }.filter { $0.count >= 2 }
        return ["groups/\(path.text.formEncoded)"]
            + projects.map { "projects/\($0.joined(separator: "/").formEncoded)" }
    }

    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>? {
        endpoint[repository].api
            .listing(
                [Tag].self,
                at: ["/gitlab/v1/repositories/\(repository)/tags/list/"],
                query: "n=\(Self.pageSize)",
                by: \.tag,
                during: .listTags,
                subject: repository.text
            ) { $0.compactMap { $0.entry(endpoint.tagName($0.name, of: repository)) } }
    }

    private struct Repository: Decodable {
        let path: String
    }

    private struct Tag: Decodable {
        enum CodingKeys: String, CodingKey {
            case name, digest
            case mediaType = "media_type"
            case size = "size_bytes"
            case created = "created_at"
            case published = "published_at"
        }

        let name: String
        let digest: String?
        let mediaType: String?
        let size: Int64?
        let created: String?
        let published: String?

        func entry(_ tag: TagName?) -> TagEntry? {
            tag.map {
                TagEntry(
                    tag: $0,
                    digest: digest.flatMap { try? Digest($0) },
                    details: TagEntry.Details(
                        size: size.flatMap { $0 > 0 ? $0 : nil },
                        manifests: TagEntry.Details.manifests(ofType: mediaType),
                        pushed: (published ?? created).flatMap(Timestamp.seconds)
                    )
                )
            }
        }
    }
}
