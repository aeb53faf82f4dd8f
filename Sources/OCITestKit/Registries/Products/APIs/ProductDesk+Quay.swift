// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// `/api/v1` of Quay (endpoints/api of quay/quay).
extension ProductDesk {
    private struct Tags: Encodable {
        struct Tag: Encodable {
            let name: String
            let reversion = false
            let startTs: Int64
            let manifestDigest: String
            let isManifestList: Bool
            let size: Int64?
        }

        let tags: [Tag]
        let page: Int
        let hasAdditional: Bool
    }

    private struct Repositories: Encodable {
        struct Repository: Encodable {
            let namespace: String
            let name: String
            let isPublic = true
        }

        let repositories: [Repository]
        let nextPage: String?
    }

    private struct Problem: Encodable {
        let detail: String
        let errorMessage: String
        let errorType: String
        let title: String
        let status: Int
    }

    func quay(_ request: PeerRequest) -> PeerReply? {
        if request.path == "/api/v1/repository" { return quayRepositories(request) }
        let start = "/api/v1/repository/"
        guard request.path.hasPrefix(start), request.path.hasSuffix("/tag/") else { return nil }
        let name = String(request.path.dropFirst(start.count).dropLast("/tag/".count))
        guard isLetIn(request) else { return problem(401, "invalid_token", "Requires authentication") }
        guard let all = listedTags(of: name) else { return problem(404, "not_found", "Not Found") }
        let page = numbered(all.sorted { $0.pushed > $1.pushed }, request, size: "limit")
        let tags = page.items.map {
            Tags.Tag(
                name: $0.name,
                startTs: $0.pushed,
                manifestDigest: "\($0.manifest.digest)",
                isManifestList: !$0.children.isEmpty,
                size: $0.children.isEmpty ? $0.size : nil
            )
        }
        return .json(Tags(tags: tags, page: page.number, hasAdditional: !page.isLast))
    }

    private func quayRepositories(_ request: PeerRequest) -> PeerReply {
        guard let namespace = request.query("namespace") else {
            return problem(400, "invalid_request", "namespace, starred or public are required for this API call")
        }
        let names = repositories(below: namespace).map { String($0.dropFirst(namespace.count + 1)) }
        let start = request.query("next_page").flatMap { Int($0) } ?? 0
        let page = names.dropFirst(start).prefix(quirks.apiPageSize)
        let end = start + page.count
        return .json(
            Repositories(
                repositories: page.map { Repositories.Repository(namespace: namespace, name: $0) },
                nextPage: end < names.count ? "\(end)" : nil
            )
        )
    }

    private func problem(_ status: Int, _ type: String, _ text: String) -> PeerReply {
        .json(
            Problem(detail: text, errorMessage: text, errorType: type, title: type, status: status),
            status: status
        )
    }
}
