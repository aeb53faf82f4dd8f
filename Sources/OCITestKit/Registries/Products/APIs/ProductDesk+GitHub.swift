// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Synchronization

/// The packages of `api.github.com` (docs.github.com/rest/packages/packages).
extension ProductDesk {
    private struct Package: Encodable {
        let id: Int
        let name: String
        let packageType = "container"
    }

    private struct Version: Encodable {
        struct Metadata: Encodable {
            struct Container: Encodable {
                let tags: [String]
            }

            let packageType = "container"
            let container: Container
        }

        let id: Int
        let name: String
        let createdAt: String
        let updatedAt: String
        let metadata: Metadata
    }

    private struct Message: Encodable {
        let message: String
        let documentationUrl = "https://docs.github.com/rest"
        let status: String
    }

    func gitHub(_ request: PeerRequest) -> PeerReply? {
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.count >= 3, ["orgs", "users"].contains(parts[0]), parts[2] == "packages" else { return nil }
        if request.header("user-agent") == nil {
            return .text(403, "Request forbidden by administrative rules.", contentType: "text/html")
        }
        guard let shown = request.header("authorization") else { return message(401, "Requires authentication") }
        guard shown.hasPrefix("Bearer "), isLetIn(request) else { return message(401, "Bad credentials") }
        if let version = request.header("x-github-api-version"), version != "2022-11-28" {
            return message(400, "API version is not supported")
        }
        guard (parts[0] == "users") == quirks.ownersAreUsers else { return message(404, "Not Found") }
        let names = repositories(below: parts[1])
        if parts.count == 3 {
            guard request.query("package_type") == "container" else { return message(400, "Invalid package_type") }
            let packages = names.enumerated()
                .map { Package(id: $0 + 1, name: String($1.dropFirst(parts[1].count + 1))) }
            return gitHubPage(packages, request)
        }
        guard parts.count == 6, parts[3] == "container", parts[5] == "versions",
            let versions = versions(of: "\(parts[1])/\(parts[4].removingPercentEncoding ?? "")")
        else { return message(404, "Package not found.") }
        return gitHubPage(versions, request)
    }

    /// Every manifest is a version, also those without a tag.
    private func versions(of name: String) -> [Version]? {
        guard let tags = listedTags(of: name) else { return nil }
        let manifests = state.withLock { $0.store.repositories[name]?.manifests.keys.map { "\($0)" } ?? [] }
        return manifests.sorted().enumerated()
            .map { number, digest in
                let own = tags.filter { "\($0.manifest.digest)" == digest }
                let date = own.map(\.date).max() ?? "2026-01-01T00:00:00Z"
                return Version(
                    id: number + 1,
                    name: digest,
                    createdAt: date,
                    updatedAt: date,
                    metadata: .init(container: .init(tags: own.map(\.name)))
                )
            }
    }

    private func gitHubPage(_ items: [some Encodable], _ request: PeerRequest) -> PeerReply {
        let page = numbered(items, request, size: "per_page")
        let before = "http://\(request.header("host") ?? "")"
        return .json(page.items, headers: page.isLast ? [] : nextLink(request, after: page.number, before: before))
    }

    private func message(_ status: Int, _ text: String) -> PeerReply {
        .json(Message(message: text, status: "\(status)"), status: status)
    }
}
