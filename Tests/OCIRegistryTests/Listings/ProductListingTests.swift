// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// What holds for the listings of every product.
    @Suite struct ProductListingTests {
        private static let tags = ["1.0", "1.1", "1.2", "2.0", "2.1", "latest", "stable"]
        /// When the first tag of a double was put.
        private static let firstPush: Int64 = 1_767_225_660

        @Test(arguments: ProductQuirks.listing)
        func `all tags come with their digests, one request a page and no question`(_ quirks: ProductQuirks)
            async throws
        {
            try await withListing(quirks.paged(3)) { scene, peer in
                let digests = try peer.fill("team/web/ui", tags: Self.tags)
                let entries = try await scene.entries("team/web/ui")
                #expect(entries.digests == digests)
                #expect(entries.count == Self.tags.count)
                // Google's list has no pages; behind Harbor's, the names are listed once more.
                let pages = [ProductQuirks.API.google: 1, .harbor: 4][quirks.api ?? .azure] ?? 3
                #expect(peer.exchanges.count == pages, "\(peer.lines)")
                #expect(peer.exchanges.allSatisfy { $0.method == "GET" && $0.status == 200 })
                #expect(scene.notices.isEmpty)
                #expect(scene.skipped.isEmpty)
            }
        }

        @Test(arguments: ProductQuirks.listing)
        func `a listing says when a tag was pushed, and often how large the image is`(
            _ quirks: ProductQuirks
        ) async throws {
            try await withListing(quirks) { scene, peer in
                try peer.fill("team/app", tags: ["a", "b"])
                let entries = try await scene.entries("team/app")
                let dates = Dictionary(uniqueKeysWithValues: entries.map { ($0.tag.text, $0.details?.pushed) })
                #expect(dates == ["a": Self.firstPush, "b": Self.firstPush + 60])
                let says = ![.azure, .github].contains(quirks.api)
                #expect(entries.allSatisfy { ($0.details?.size ?? 0 > 0) == says })
                #expect(entries.allSatisfy { ($0.details?.manifests == 1) == says })
            }
        }

        @Test(arguments: ProductQuirks.listing)
        func `two tags of one image have its digest, and one of an index that of the index`(
            _ quirks: ProductQuirks
        ) async throws {
            try await withListing(quirks) { scene, peer in
                try peer.fill("team/app", tags: ["a"])
                let image = try #require(peer.digest(of: "a", in: "team/app"))
                let child = try await scene.endpoint[try RepositoryName("team/app")].document(at: .digest(image))
                let manifest = try #require(child)
                peer.hold(manifest, in: "team/app", as: "b")
                let index = try ImageBuilder.index(of: [manifest.descriptor])
                peer.hold(index, in: "team/app", as: "multi")
                let entries = try await scene.entries("team/app")
                #expect(entries.digests == ["a": image, "b": image, "multi": index.descriptor.digest])
            }
        }

        private static let refusals: [PeerReply] = [
            .error(401, "UNAUTHORIZED"), .error(403, "DENIED"), .notThere,
            .text(200, "<html>sign in</html>", contentType: "text/html"), .text(200, "7"),
        ]

        @Test(arguments: ProductQuirks.listingBeside, refusals.indices)
        func `where the product gives no listing, names are listed and asked for, which is said once`(
            _ quirks: ProductQuirks,
            _ number: Int
        ) async throws {
            try await withListing(quirks.with { $0.apiRefusal = Self.refusals[number] }) { scene, peer in
                for name in ["team/app", "team/web"] { try peer.fill(name, tags: Self.tags) }
                let first = try await scene.entries("team/app")
                #expect(first.names == Self.tags)
                #expect(first.digests.isEmpty)
                let count = peer.exchanges.count
                #expect(try await scene.entries("team/web").names == Self.tags)
                #expect(peer.lines.dropFirst(count) == ["GET /v2/team/web/tags/list?n=1000"])
                #expect(scene.notices.count == 1)
                #expect(scene.notices.first?.error.action == .listTags)
            }
        }

        @Test(arguments: ProductQuirks.listingBeside)
        func `a failure that can pass is met again, and the listing given up when it does not`(
            _ quirks: ProductQuirks
        ) async throws {
            let refusal = PeerReply.text(500, "oops", contentType: "text/plain")
            try await withListing(quirks.with { $0.apiRefusal = refusal }) { scene, peer in
                try peer.fill("team/app", tags: Self.tags)
                let source = RetryingEndpoint(scene.endpoint, policy: .quick).source(try RepositoryName("team/app"))
                let entries = try await source.tags().all()
                #expect(entries.names == Self.tags)
                #expect(peer.exchanges.count { $0.status == 500 } == 4)
                #expect(scene.notices.count == 1)
            }
        }

        @Test(arguments: ProductQuirks.listing)
        func `a repository that is not there has no tags, and says nothing of the others`(
            _ quirks: ProductQuirks
        ) async throws {
            try await withListing(quirks) { scene, peer in
                let digests = try peer.fill("team/app", tags: ["a"])
                #expect(try await scene.entries("team/gone").isEmpty)
                #expect(try await scene.entries("team/app").digests == digests)
                #expect(scene.notices.isEmpty)
            }
        }

        /// Nothing that a product sends may end in more than an error, or in more than the spec's own list.
        private static let broken = [
            "null", "[]", "{}", "[null]", #"{"tags":null}"#, #"{"tags":[null]}"#,
            #"{"tags":null,"has_additional":null}"#,
            #"{"tags":["ok"],"manifest":{"sha256:1":{"tag":["ok"]},"x":{"tag":null}},"child":[null]}"#,
            #"[{"name":"ok","digest":"sha256:1","tags":null}]"#, #"[{"name":"sha256:1","metadata":null}]"#,
            #"[{"name":"sha256:1","metadata":{"container":{"tags":["ok",null,"../x"]}}}]"#,
            #"{"tags":[{"name":"ok","digest":"md5:1","manifest_digest":""},{"name":"../x","digest":null}]}"#,
            #"[{"digest":"","tags":[{"name":"ok","push_time":"yesterday"},{"name":"a b"}],"size":-1}]"#,
            #"{"tags":[{"name":"ok","size":1e99,"start_ts":-5}]}"#,
        ]

        @Test(arguments: ProductQuirks.listing, broken)
        func `a broken answer has no wrong digest, and no name that breaks the grammar`(
            _ quirks: ProductQuirks,
            _ body: String
        ) async throws {
            try await withListing(quirks.with { $0.apiRefusal = .text(200, body) }) { scene, peer in
                try peer.fill("team/app", tags: ["ok", "other"])
                do {
                    let entries = try await scene.entries("team/app")
                    #expect(entries.digests.isEmpty)
                    #expect(Set(entries.names).isSubset(of: ["ok", "other"]), "\(entries.names)")
                    #expect(entries.allSatisfy { ($0.details?.size ?? 1) > 0 && ($0.details?.pushed ?? 1) > 0 })
                } catch let error as RegistryError {
                    #expect(error.complaint != nil, "\(error)")
                }
            }
        }

        @Test(arguments: ProductQuirks.listingBeside)
        func `S09 a listing without an end ends with an error`(_ quirks: ProductQuirks) async throws {
            let digest = try Digest.of("a")
            let body: String =
                switch quirks.api {
                case .azure: #"{"tags":[{"name":"a","digest":"\#(digest)"}]}"#
                case .quay: #"{"tags":[{"name":"a","manifest_digest":"\#(digest)"}],"has_additional":true}"#
                case .harbor: #"[{"digest":"\#(digest)","tags":[{"name":"a"}]}]"#
                case .gitlab: #"[{"name":"a","digest":"\#(digest)"}]"#
                default: #"[{"name":"\#(digest)","metadata":{"container":{"tags":["a"]}}}]"#
                }
            let count = Shared(0)
            try await withListing(of: quirks.product, credential: quirks.api == .quay ? nil : .alice) { _ in
                let number = count.change {
                    $0 += 1; return $0
                }
                return .text(200, body, headers: [("Link", "<?last=\(number)>; rel=\"next\"")])
            } _: { scene, peer in
                let error = try await #require(throws: RegistryError.self) { try await scene.entries("team/app") }
                #expect(error.complaint?.contains("nothing new") == true)
                #expect(peer.requests.count == 2)
                #expect(scene.notices.isEmpty)
            }
        }

        @Test(arguments: ProductQuirks.listingBeside.filter { $0.api != .quay })
        func `S07 a next page at another host is refused, and nobody is asked there`(
            _ quirks: ProductQuirks
        ) async throws {
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                PeerReply(200)
            } _: { other in
                let body = quirks.api == .azure ? #"{"tags":[]}"# : "[]"
                let reply = PeerReply.text(200, body, headers: [("Link", "<http://\(other.host)/x>; rel=\"next\"")])
                try await withListing(quirks.with { $0.apiRefusal = reply }) { scene, peer in
                    try peer.fill("team/app", tags: ["a"])
                    #expect(try await scene.entries("team/app").names == ["a"])
                    #expect(scene.notices.first?.error.refusal?.reason == .otherOrigin)
                }
                #expect(other.connections == 0)
            }
        }

        @Test(arguments: ProductQuirks.listing.filter { $0.api != .azure })
        func `the repositories below a path are found without the catalog`(_ quirks: ProductQuirks) async throws {
            let quirks = quirks.paged(2).with { $0.hasCatalog = false }
            try await withListing(quirks) { scene, peer in
                for name in ["other/x", "team/app", "team/web", "team/web/ui"] { try peer.fill(name, tags: ["a"]) }
                let found = try await scene.repositories(below: "team")
                #expect(found.sorted() == ["team/app", "team/web", "team/web/ui"])
                #expect(!peer.lines.contains { $0.contains("_catalog") })
                #expect(scene.notices.isEmpty)
            }
        }

        @Test(arguments: ProductQuirks.listing.filter { $0.hasCatalog && ![.azure, .google].contains($0.api) })
        func `where repositories are not listed to whoever asks, the catalog is, which is said once`(
            _ quirks: ProductQuirks
        ) async throws {
            let reply = PeerReply.text(403, "no", contentType: "text/plain")
            try await withListing(quirks.with { $0.apiRefusal = reply }) { scene, peer in
                for name in ["other/x", "team/app"] { try peer.fill(name, tags: ["a"]) }
                for _ in 0..<2 {
                    #expect(try await scene.repositories(below: "team").sorted() == ["other/x", "team/app"])
                }
                #expect(scene.notices.count == 1)
                #expect(peer.count("GET", .catalog) == 2)
            }
        }

        @Test(arguments: ProductQuirks.listing)
        func `a listing that nobody lets us have is no matter of the product's`(_ quirks: ProductQuirks) async throws {
            try await withListing(of: quirks.product, credential: .alice) { _ in
                .error(403, "DENIED")
            } _: { scene, _ in
                let error = try await #require(throws: RegistryError.self) { try await scene.entries("team/app") }
                #expect(error.status == 403)
                #expect(scene.notices.isEmpty)
            }
        }
    }
}

extension PeerReply {
    /// What a server says of a path that it does not serve.
    fileprivate static let notThere = PeerReply.text(404, "404 page not found\n", contentType: "text/plain")
}
