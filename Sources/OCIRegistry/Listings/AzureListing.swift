// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The list of tags of Azure's registries, with the digest and the dates of each.
///
/// It is of the registry's own host, and takes a token that allows to read metadata; one for pulling is not enough. A token
/// of the registry whose scope map does not have `metadata/read` gets none. A date is that of the last change of the tag,
/// locking it included. Repositories are listed as docker's API lists them. Sources: the data-plane specification of
/// Azure/azure-rest-api-specs (Azure.ContainerRegistry, 2021-07-01), and the Azure CLI, which asks for pages of a hundred.
struct AzureListing: ProductListing {
    func repositories(below paths: [RepositoryName], of endpoint: RemoteEndpoint) -> Pages<RepositoryName>? { nil }

    func tags(of repository: RepositoryName, at endpoint: RemoteEndpoint) -> Pages<TagEntry>? {
        let scopes: Set<AccessScope> = [.repository(repository, .metadataRead)]
        return endpoint.api(Authenticator.Access(repository: repository, scopes: scopes))
            .listing(
                Listed.self,
                at: ["/acr/v1/\(repository)/_tags"],
                query: "n=100",
                by: \.tag,
                during: .listTags,
                subject: repository.text
            ) { listed in
                (listed.tags ?? []).compactMap { $0.entry(endpoint.tagName($0.name, of: repository)) }
            }
    }

    private struct Listed: Decodable {
        let tags: [Tag]?
    }

    private struct Tag: Decodable {
        let name: String
        let digest: String?
        let createdTime: String?
        let lastUpdateTime: String?

        func entry(_ tag: TagName?) -> TagEntry? {
            tag.map {
                TagEntry(
                    tag: $0,
                    digest: digest.flatMap { try? Digest($0) },
                    details: TagEntry.Details(pushed: (lastUpdateTime ?? createdTime).flatMap(Timestamp.seconds))
                )
            }
        }
    }
}
