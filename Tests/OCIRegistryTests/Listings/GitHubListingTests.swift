// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// The packages API of GitHub, as docs.github.com/rest/packages/packages describes it.
    @Suite struct GitHubListingTests {
        @Test func `versions are asked for with the token and the version of the API`() async throws {
            let digests = try ["a", "b"].map { try Digest.of($0) }
            let registry = try await ScriptedPeer.start { _ in .error(404, "UNSUPPORTED") }
            try await withScriptedPeer(address: "127.0.0.2") { request in
                guard request.query("page") == nil else {
                    return .text(
                        200,
                        """
                        [{"id":2,"name":"\(digests[1])","metadata":{"package_type":"container","container":{"tags":["1"]}},
                        "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z"}]
                        """
                    )
                }
                let next = "http://\(request.header("host") ?? "")\(request.path)?per_page=100&page=2"
                return .text(
                    200,
                    #"[{"id":1,"name":"\#(digests[0])","metadata":{"package_type":"container","container":{"tags":[]}}}]"#,
                    headers: [("Link", "<\(next)>; rel=\"next\", <\(next)>; rel=\"last\"")]
                )
            } _: { api in
                try await withListing(of: .ghcr, at: registry.host, api: api.host, credential: .alice) { scene in
                    let details = TagEntry.Details(pushed: 1_767_312_000)
                    let expected = TagEntry(tag: try TagName("1"), digest: digests[1], details: details)
                    #expect(try await scene.entries("octo/tools/app") == [expected])
                }
                let path = "/orgs/octo/packages/container/tools%2Fapp/versions"
                #expect(api.lines == ["GET \(path)?per_page=100", "GET \(path)?per_page=100&page=2"])
                for (name, value) in [
                    ("authorization", "Bearer s3cret"), ("accept", "application/vnd.github+json"),
                    ("x-github-api-version", "2022-11-28"), ("user-agent", "mirror/test"),
                ] { #expect(api.requests.allSatisfy { $0.header(name) == value }, "\(name)") }
            }
            #expect(registry.requests.isEmpty)
            await registry.stop()
        }

        @Test func `what is no organisation is asked for as a user`() async throws {
            try await withListing(.ghcr.with { $0.ownersAreUsers = true }) { scene, peer in
                let digests = try peer.fill("mona/app", tags: ["a"])
                #expect(try await scene.entries("mona/app").digests == digests)
                #expect(try await scene.repositories(below: "mona") == ["mona/app"])
                let versions = ["orgs", "users"].map { "GET /\($0)/mona/packages/container/app/versions?per_page=100" }
                let packages = ["orgs", "users"]
                    .map { "GET /\($0)/mona/packages?package_type=container&per_page=100" }
                #expect(peer.lines == versions + packages)
                #expect(scene.notices.isEmpty)
            }
        }

        @Test(
            arguments: [nil, .identityToken(Secret("t")), .password(username: "a", Secret("two words"))]
                as [Credential.Kind?]
        )
        func `without a token nothing is asked there, and nothing said`(_ credential: Credential.Kind?) async throws {
            try await withProductRegistry(.ghcr) { peer in
                try peer.fill("octo/app", tags: ["a"])
                try await withListing(of: .ghcr, at: peer.host, api: peer.host, credential: credential) { scene in
                    let entries = try await scene.entries("octo/app")
                    #expect(entries.digests.isEmpty)
                    await #expect(throws: CatalogUnavailable.self) { try await scene.repositories(below: "octo") }
                    #expect(scene.notices.isEmpty)
                }
                #expect(peer.lines == ["GET /v2/octo/app/tags/list?n=1000", "GET /v2/_catalog?n=1000"])
            }
        }

        @Test func `a token that is refused is said once, and costs a question for each tag`() async throws {
            let refusing = ProductQuirks.ghcr.with { $0.apiAuthorization = "Bearer another" }
            try await withListing(refusing, credential: .alice) { scene, peer in
                for name in ["octo/app", "octo/web"] {
                    try peer.fill(name, tags: ["a"])
                    #expect(try await scene.entries(name).names == ["a"])
                }
                #expect(scene.notices.map(\.error.status) == [401])
                #expect(peer.exchanges.map(\.status) == [401, 200, 200])
            }
        }
    }
}
