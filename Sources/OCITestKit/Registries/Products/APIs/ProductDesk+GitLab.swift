// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI

/// `/gitlab/v1` of GitLab's registry (docs/spec/gitlab/api.md of gitlab-org/container-registry), and the registry
/// repositories of `/api/v4` (docs.gitlab.com/api/container_registry).
///
/// The first component of a name is a group, and the first two are a project.
extension ProductDesk {
    private struct Tag: Encodable {
        let name: String
        let digest: String
        let configDigest: String?
        let mediaType: String
        let sizeBytes: Int64
        let createdAt: String
        let publishedAt: String
    }

    private struct Repository: Encodable {
        let id: Int
        let name: String
        let path: String
        let location: String
    }

    private struct Message: Encodable {
        let message: String
    }

    func gitLab(_ request: PeerRequest) -> PeerReply? {
        if request.path.hasPrefix("/api/v4/") { return gitLabRepositories(request) }
        let start = "/gitlab/v1/repositories/"
        guard request.path.hasPrefix(start), request.path.hasSuffix("/tags/list/") else { return nil }
        let name = String(request.path.dropFirst(start.count).dropLast("/tags/list/".count))
        guard let tags = listedTags(of: name) else {
            return .error(404, "NAME_UNKNOWN", "repository name not known to registry")
        }
        let page = named(tags, request, \.name)
        let items = page.items.map {
            Tag(
                name: $0.name,
                digest: "\($0.manifest.digest)",
                configDigest: $0.manifest.document.flatMap {
                    if case .image(let image) = $0.manifest { "\(image.config.digest)" } else { nil }
                },
                mediaType: $0.manifest.mediaType,
                sizeBytes: $0.size,
                createdAt: $0.date,
                publishedAt: $0.date
            )
        }
        return .json(items, headers: page.link)
    }

    private func gitLabRepositories(_ request: PeerRequest) -> PeerReply? {
        let parts = request.path.split(separator: "/").dropFirst(2).map(String.init)
        guard parts.count == 4, parts[2...] == ["registry", "repositories"] else { return nil }
        guard isLetIn(request) else { return .json(Message(message: "401 Unauthorized"), status: 401) }
        let owner = parts[1].removingPercentEncoding ?? ""
        let isProject = owner.split(separator: "/").count > 1
        let names = repositoryNames.filter { $0 == owner || $0.hasPrefix("\(owner)/") }
        let isThere = isProject ? parts[0] == "projects" : parts[0] == "groups" && !quirks.ownersAreUsers
        guard isThere, !names.isEmpty else {
            let what = parts[0] == "groups" ? "Group" : "Project"
            return .json(Message(message: "404 \(what) Not Found"), status: 404)
        }
        let host = request.header("host") ?? ""
        let items = names.enumerated()
            .map { number, name in
                let last = name.split(separator: "/").dropFirst(2).joined(separator: "/")
                return Repository(id: number + 1, name: last, path: name, location: "\(host)/\(name)")
            }
        let page = numbered(items, request, size: "per_page")
        let link = page.isLast ? [] : nextLink(request, after: page.number, before: "http://\(host)")
        let next = [(name: "X-Next-Page", value: page.isLast ? "" : "\(page.number + 1)")]
        return .json(page.items, headers: next + link)
    }
}
