// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// GitLab's own listings, as docs/spec/gitlab/api.md of gitlab-org/container-registry and
    /// docs.gitlab.com/api/container_registry describe them.
    @Suite struct GitLabListingTests {
        @Test func `tags are listed by the registry, for its own token`() async throws {
            let digest = try Digest.of("a")
            try await withListing(of: .gitlab, credential: .alice) { request in
                if request.path == "/jwt/auth" { return .text(200, #"{"token":"jwt"}"#) }
                guard request.header("authorization") == "Bearer jwt" else {
                    let realm = "http://\(request.header("host") ?? "")/jwt/auth"
                    let challenge = #"Bearer realm="\#(realm)",service="container_registry""#
                    return .error(401, "UNAUTHORIZED", headers: [("WWW-Authenticate", challenge)])
                }
                let path = request.path
                let links = "<\(path)?before=b&n=100>; rel=\"previous\", <\(path)?last=b&n=100>; rel=\"next\""
                guard request.query("last") == nil else {
                    return .text(200, #"[{"name":"c","digest":"\#(digest)","created_at":"2026-01-01T00:00:00.000Z"}]"#)
                }
                return .text(
                    200,
                    """
                    [{"name":"b","digest":"\(digest)","config_digest":"\(digest)","size_bytes":286734237,
                    "media_type":"application/vnd.docker.distribution.manifest.v2+json",
                    "created_at":"2022-06-07T12:10:12.412+00:00","published_at":"2026-01-01T00:00:00.000Z"}]
                    """,
                    headers: [("Link", links)]
                )
            } _: { scene, peer in
                let expected = [
                    TagEntry(
                        tag: try TagName("b"),
                        digest: digest,
                        details: .init(size: 286_734_237, manifests: 1, pushed: 1_767_225_600)
                    ),
                    TagEntry(tag: try TagName("c"), digest: digest, details: .init(pushed: 1_767_225_600)),
                ]
                #expect(try await scene.entries("group/project") == expected)
                let path = "/gitlab/v1/repositories/group/project/tags/list/"
                #expect(peer.requests.map(\.path) == [path, "/jwt/auth", path, path])
                #expect(peer.requests[1].query("scope") == "repository:group/project:pull")
                #expect(peer.requests.map { $0.query("n") } == ["100", nil, "100", "100"])
            }
        }

        @Test func `repositories are those of a group, of a project, or of the project around a path`() async throws {
            try await withScriptedPeer(address: "127.0.0.2") { request in
                request.path == "/api/v4/projects/group%2Fproject/registry/repositories"
                    ? .text(200, #"[{"id":1,"name":"","path":"group/project/a/b","location":"x","tags_count":3}]"#)
                    : .text(404, #"{"message":"404 Group Not Found"}"#)
            } _: { api in
                try await withScriptedPeer { _ in
                    .error(404, "UNSUPPORTED")
                } _: { peer in
                    try await withListing(of: .gitlab, at: peer.host, api: api.host, credential: .alice) { scene in
                        let found = try await scene.repositories(below: "group/project/a")
                        #expect(found == ["group/project/a/b"])
                    }
                    #expect(peer.requests.isEmpty)
                }
                let owners = ["groups/group%2Fproject%2Fa", "projects/group%2Fproject%2Fa", "projects/group%2Fproject"]
                #expect(api.lines == owners.map { "GET /api/v4/\($0)/registry/repositories?per_page=100" })
                #expect(api.requests.allSatisfy { $0.header("authorization") == "Bearer s3cret" })
            }
        }

        @Test func `where nobody knows the API, the catalog is asked`() async throws {
            try await withProductRegistry(.gitlab) { peer in
                try peer.fill("team/app", tags: ["a"])
                try await withListing(of: .gitlab, at: peer.host) { scene in
                    let found = try await scene.repositories(below: "team")
                    #expect(found == ["team/app"])
                    #expect(scene.notices.isEmpty)
                }
                #expect(peer.lines == ["GET /v2/_catalog?n=1000"])
            }
        }
    }
}
