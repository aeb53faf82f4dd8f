// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// Google's list of tags, as pkg/v1/google/list.go of google/go-containerregistry reads it.
    @Suite struct GoogleListingTests {
        /// gcr.io writes all numbers as texts, Artifact Registry the date of the upload as a number.
        @Test(arguments: [#""1767225600123""#, "1767225600123"])
        func `dates are read as texts and as numbers`(_ date: String) async throws {
            let digest = try Digest.of("a")
            let body = """
                {"child":[],"manifest":{"\(digest)":{"imageSizeBytes":"29543207","layerId":"",
                "mediaType":"application/vnd.docker.distribution.manifest.v2+json","tag":["1.0","latest"],
                "timeCreatedMs":"1767220000000","timeUploadedMs":\(date)}},
                "name":"project/app","tags":["1.0","latest","odd"]}
                """
            try await withListing(of: .gar) { _ in
                .text(200, body)
            } _: { scene, peer in
                let entries = try await scene.entries("project/app")
                let details = TagEntry.Details(size: 29_543_207, manifests: 1, pushed: 1_767_225_600)
                let expected = [
                    TagEntry(tag: try TagName("1.0"), digest: digest, details: details),
                    TagEntry(tag: .latest, digest: digest, details: details),
                    // One that no manifest has is asked for by itself.
                    TagEntry(tag: try TagName("odd")),
                ]
                #expect(entries == expected)
                #expect(peer.lines == ["GET /v2/project/app/tags/list?n=10000"])
            }
        }

        @Test func `a tree is walked a level at a time, and a name that went away meanwhile is left out`() async throws
        {
            let trees = [
                "/v2/a/tags/list": #"{"child":["b","gone","c"],"manifest":{},"tags":[]}"#,
                "/v2/a/b/tags/list": #"{"child":["d","../x"],"manifest":{},"tags":["1"]}"#,
                "/v2/a/c/tags/list": #"{"child":null,"manifest":{"sha256:1":{"tag":[]}},"tags":null}"#,
                "/v2/a/b/d/tags/list": #"{"tags":["1"]}"#,
            ]
            try await withListing(of: .gar) { request in
                trees[request.path].map { .text(200, $0) } ?? .error(404, "NAME_UNKNOWN")
            } _: { scene, peer in
                let found = try await scene.repositories(below: "a", "a/b")
                #expect(found == ["a/b", "a/c", "a/b/d"])
                let asked = ["a", "a/b", "a/gone", "a/c", "a/b/d"]
                #expect(peer.lines.sorted() == asked.map { "GET /v2/\($0)/tags/list?n=10000" }.sorted())
                #expect(scene.skipped.map(\.error.text) == ["a/b/../x"])
            }
        }

        @Test func `a tree that goes on for ever ends where names do`() async throws {
            try await withListing(of: .gar) { _ in
                .text(200, #"{"child":["longer-and-longer-and-longer-and-longer"],"tags":["1"]}"#)
            } _: { scene, peer in
                let found = try await scene.repositories(below: "a")
                #expect(found.count == 7)
                #expect(peer.requests.count == 7)
                #expect(scene.skipped.count == 1)
            }
        }
    }
}
