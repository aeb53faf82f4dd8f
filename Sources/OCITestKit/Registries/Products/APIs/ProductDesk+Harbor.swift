// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI

/// `/api/v2.0` of Harbor (api/v2.0/swagger.yaml of goharbor/harbor).
///
/// Manifests under the tags of cosign are accessories, which the list of artifacts does not have.
extension ProductDesk {
    private struct Artifact: Encodable {
        struct Tag: Encodable {
            let name: String
            let pushTime: String
            let immutable = false
        }

        struct Reference: Encodable {
            let childDigest: String
        }

        let digest: String
        let size: Int64
        let pushTime: String
        var tags: [Tag]?
        let references: [Reference]?
        let type = "IMAGE"
    }

    private struct Repository: Encodable {
        let name: String
    }

    func harbor(_ request: PeerRequest) -> PeerReply? {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        guard parts.starts(with: ["api", "v2.0"]) else { return nil }
        guard isLetIn(request) else { return .error(401, "UNAUTHORIZED", "unauthorized") }
        let rest = parts.dropFirst(2).map(\.self)
        if rest == ["repositories"] { return harborPage(repositoryNames.map(Repository.init), request) }
        guard rest.count >= 3, rest[0] == "projects", rest[2] == "repositories" else { return nil }
        let names = repositories(below: rest[1])
        if rest.count == 3 {
            guard !names.isEmpty else { return .error(404, "NOT_FOUND", "project \(rest[1]) not found") }
            return harborPage(names.map(Repository.init), request)
        }
        guard rest.count == 5, rest[4] == "artifacts" else { return nil }
        let encoded = rest[3].removingPercentEncoding?.removingPercentEncoding ?? ""
        guard let tags = listedTags(of: "\(rest[1])/\(encoded)") else {
            return .error(404, "NOT_FOUND", "repository \(rest[1])/\(encoded) not found")
        }
        return harborPage(artifacts(of: tags, withTags: request.query("with_tag") != "false"), request)
    }

    private func artifacts(of tags: [ListedTag], withTags: Bool) -> [Artifact] {
        var artifacts: [String: Artifact] = [:]
        // The newest first, as Harbor orders them.
        let order = tags.filter { !$0.name.hasSuffix(".sig") }.sorted { $0.pushed > $1.pushed }
        for tag in order {
            let digest = "\(tag.manifest.digest)"
            let known = artifacts[digest]
            let own = Artifact.Tag(name: tag.name, pushTime: tag.date)
            artifacts[digest] = Artifact(
                digest: digest,
                size: tag.size,
                pushTime: known?.pushTime ?? tag.date,
                tags: withTags ? (known?.tags ?? []) + [own] : nil,
                references: tag.children.isEmpty
                    ? nil : tag.children.map { Artifact.Reference(childDigest: "\($0.digest)") }
            )
        }
        return artifacts.values.sorted { ($0.pushTime, $0.digest) > ($1.pushTime, $1.digest) }
    }

    private func harborPage(_ items: [some Encodable], _ request: PeerRequest) -> PeerReply {
        if let size = request.query("page_size").flatMap({ Int($0) }), size > 100 {
            return .error(422, "UNPROCESSABLE_ENTITY", "page_size in query should be less than or equal to 100")
        }
        let page = numbered(items, request, size: "page_size")
        let count = [(name: "X-Total-Count", value: "\(items.count)")]
        return .json(page.items, headers: count + (page.isLast ? [] : nextLink(request, after: page.number)))
    }
}
