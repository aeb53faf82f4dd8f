// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// `/acr/v1` of Azure's registries (Azure.ContainerRegistry, 2021-07-01).
extension ProductDesk {
    private struct Listed: Encodable {
        struct Tag: Encodable {
            let name: String
            let digest: String
            let createdTime: String
            let lastUpdateTime: String
        }

        let registry: String
        let imageName: String
        let tags: [Tag]
    }

    func azure(_ request: PeerRequest) -> PeerReply? {
        guard request.path.hasPrefix("/acr/v1/"), request.path.hasSuffix("/_tags") else { return nil }
        let name = String(request.path.dropFirst("/acr/v1/".count).dropLast("/_tags".count))
        guard isLetIn(request) else { return .error(401, "UNAUTHORIZED", "authentication required") }
        guard let tags = listedTags(of: name) else {
            return .error(404, "NAME_UNKNOWN", "repository name not known to registry")
        }
        let page = named(tags, request, \.name)
        let items = page.items.map {
            Listed.Tag(
                name: $0.name,
                digest: "\($0.manifest.digest)",
                createdTime: $0.date,
                lastUpdateTime: $0.date
            )
        }
        let listed = Listed(registry: request.header("host") ?? "", imageName: name, tags: items)
        return .json(listed, headers: page.link, keys: .useDefaultKeys)
    }
}
