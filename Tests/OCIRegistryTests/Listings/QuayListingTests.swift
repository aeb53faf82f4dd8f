// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// Quay's own API, as endpoints/api of quay/quay has it.
    @Suite struct QuayListingTests {
        @Test func `pages are numbered, and no credential is shown`() async throws {
            let digests = try ["a", "b"].map { try Digest.of($0) }
            try await withListing(of: .quay, credential: .alice) { request in
                let isFirst = request.query("page") == "1"
                let tag =
                    isFirst
                    ? """
                    {"name":"new","reversion":false,"start_ts":1767225600,"manifest_digest":"\(digests[0])",
                    "is_manifest_list":false,"size":2275314,"last_modified":"Thu, 01 Jan 2026 00:00:00 -0000"}
                    """
                    : """
                    {"name":"old","reversion":true,"start_ts":1767139200,"end_ts":1999999999,"size":null,
                    "manifest_digest":"\(digests[1])","is_manifest_list":true}
                    """
                return .text(200, #"{"tags":[\#(tag)],"page":1,"has_additional":\#(isFirst)}"#)
            } _: { scene, peer in
                let expected = [
                    TagEntry(
                        tag: try TagName("new"),
                        digest: digests[0],
                        details: .init(size: 2_275_314, manifests: 1, pushed: 1_767_225_600)
                    ),
                    TagEntry(tag: try TagName("old"), digest: digests[1], details: .init(pushed: 1_767_139_200)),
                ]
                #expect(try await scene.entries("team/app") == expected)
                let path = "/api/v1/repository/team/app/tag/"
                #expect(peer.lines == [1, 2].map { "GET \(path)?limit=100&page=\($0)&onlyActiveTags=true" })
                #expect(peer.requests.allSatisfy { $0.header("authorization") == nil })
            }
        }

        @Test func `repositories of a namespace are followed by the token of the next page`() async throws {
            try await withListing(of: .quay) { request in
                request.query("next_page") == nil
                    ? .text(200, #"{"repositories":[{"namespace":"team","name":"a"}],"next_page":"g=="}"#)
                    : .text(200, #"{"repositories":[{"namespace":"team","name":"b/c"}]}"#)
            } _: { scene, peer in
                let found = try await scene.repositories(below: "team/x", "team/y")
                #expect(found == ["team/a", "team/b/c"])
                let path = "GET /api/v1/repository?namespace=team&public=true"
                #expect(peer.lines == [path, "\(path)&next_page=g%3D%3D"])
            }
        }

        @Test func `whoever may see private repositories is given the catalog`() async throws {
            try await withListing(.quay, credential: .alice) { scene, peer in
                for name in ["other/x", "team/app"] { try peer.fill(name, tags: ["a"]) }
                #expect(try await scene.repositories(below: "team") == ["other/x", "team/app"])
                #expect(peer.lines == ["GET /v2/_catalog?n=1000"])
                #expect(scene.notices.isEmpty)
            }
        }
    }
}
