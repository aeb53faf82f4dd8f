// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// Harbor's own API, as api/v2.0/swagger.yaml of goharbor/harbor describes it.
    @Suite struct HarborListingTests {
        @Test
        func `names are encoded twice, pages followed, and the names beside the artifacts taken from the spec's list`()
            async throws
        {
            let digests = try ["a", "b"].map { try Digest.of($0) }
            try await withListing(of: .harbor, credential: .alice) { request in
                if request.path == "/v2/team/web/ui/tags/list" {
                    return .text(200, #"{"name":"team/web/ui","tags":["1.0","1.1","sha256-aa.sig"]}"#)
                }
                guard request.query("page") == "1" else {
                    return .text(
                        200,
                        """
                        [{"digest":"\(digests[1])","size":0,"push_time":"2026-01-02T00:00:00.000Z","tags":[{"name":"1.1"}],
                        "references":[{"child_digest":"\(digests[0])"},{"child_digest":"\(digests[0])"}]}]
                        """
                    )
                }
                let next = "\(request.path)?page=2&page_size=100&with_tag=true"
                return .text(
                    200,
                    """
                    [{"digest":"\(digests[0])","size":123,"push_time":"2026-01-01T00:00:00.000Z","references":null,
                    "tags":[{"name":"1.0","push_time":"2026-01-03T00:00:00.000Z","immutable":false}]},
                    {"digest":"\(digests[1])","size":5,"push_time":"2026-01-01T00:00:00.000Z","tags":null}]
                    """,
                    headers: [("X-Total-Count", "101"), ("Link", "<\(next)>; rel=\"next\"")]
                )
            } _: { scene, peer in
                let entries = try await scene.entries("team/web/ui")
                let newYear: Int64 = 1_767_225_600
                let expected = [
                    TagEntry(
                        tag: try TagName("1.0"),
                        digest: digests[0],
                        details: .init(size: 123, manifests: 1, pushed: newYear + 2 * 86_400)
                    ),
                    TagEntry(
                        tag: try TagName("1.1"),
                        digest: digests[1],
                        details: .init(manifests: 3, pushed: newYear + 86_400)
                    ),
                    TagEntry(tag: try TagName("sha256-aa.sig")),
                ]
                #expect(entries == expected)
                let path = "/api/v2.0/projects/team/repositories/web%252Fui/artifacts"
                #expect(
                    peer.lines == [
                        "GET \(path)?page=1&page_size=100&with_tag=true",
                        "GET \(path)?page=2&page_size=100&with_tag=true", "GET /v2/team/web/ui/tags/list?n=1000",
                    ]
                )
                let shown = peer.requests.map { $0.header("authorization") }
                #expect(shown == ["Basic YWxpY2U6czNjcmV0", "Basic YWxpY2U6czNjcmV0", nil])
            }
        }

        @Test func `a signature's tag, which is no artifact's, is listed all the same`() async throws {
            try await withListing(.harbor) { scene, peer in
                let signature = "sha256-\(try Digest.of("a").hex).sig"
                let digests = try peer.fill("team/app", tags: ["1.0", signature])
                let entries = try await scene.entries("team/app")
                #expect(entries.names == ["1.0", signature])
                let plain = try #require(digests["1.0"])
                #expect(entries.digests == ["1.0": plain])
            }
        }

        @Test func `all repositories are listed to whoever names no project`() async throws {
            try await withListing(.harbor.paged(1)) { scene, peer in
                for name in ["other/x", "team/app"] { try peer.fill(name, tags: ["a"]) }
                #expect(try await scene.repositories() == ["other/x", "team/app"])
                #expect(
                    peer.lines == [1, 2].map { "GET /api/v2.0/repositories?page=\($0)&page_size=100" }
                )
            }
        }

        @Test func `of a project that is not there, Harbor's answer is the error`() async throws {
            try await withListing(of: .harbor) { request in
                request.path == "/v2/_catalog" ? .error(401, "UNAUTHORIZED") : .error(404, "NOT_FOUND", "project typo")
            } _: { scene, _ in
                let error = try await #require(throws: RegistryError.self) {
                    try await scene.repositories(below: "typo/app")
                }
                #expect(error.status == 404)
                #expect(error.subject == "typo/")
            }
        }

        @Test func `a Harbor that nobody named shows what it is when it refuses its catalog`() async throws {
            try await withListing(of: nil, credential: .alice) { request in
                switch request.path {
                case "/service/token": return .text(200, #"{"token":"t"}"#)
                case "/api/v2.0/projects/team/repositories": return .text(200, #"[{"name":"team/app"}]"#)
                default:
                    let realm = "http://\(request.header("host") ?? "")/service/token"
                    let challenge = #"Bearer realm="\#(realm)",service="harbor-registry""#
                    return .error(401, "UNAUTHORIZED", headers: [("WWW-Authenticate", challenge)])
                }
            } _: { scene, peer in
                let found = try await scene.repositories(below: "team")
                #expect(found == ["team/app"])
                #expect(scene.registry.product == .harbor)
                #expect(
                    peer.requests.map(\.path) == [
                        "/v2/_catalog", "/service/token", "/v2/_catalog", "/api/v2.0/projects/team/repositories",
                    ]
                )
            }
        }

        @Test func `somebody with a token that Harbor's API does not take is given what the registry lists`()
            async throws
        {
            try await withListing(.harbor, credential: .registryToken(Secret("t"))) { scene, peer in
                try peer.fill("team/app", tags: ["a"])
                #expect(try await scene.entries("team/app").digests.isEmpty)
                #expect(peer.lines == ["GET /v2/team/app/tags/list?n=1000"])
                #expect(scene.notices.isEmpty)
            }
        }
    }
}
