// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct RepositoryIndexTests {
    private static func index(_ changes: [RecordChange]) -> RepositoryIndex {
        changes.reduce(into: RepositoryIndex()) { $0.apply($1) }
    }

    private static func parse(_ text: String) throws -> RepositoryIndex {
        try RepositoryIndex(parsing: Array(text.utf8))
    }

    @Test func `an index reads back as it was written`() throws {
        let index = Self.index([
            .put(.sample("a"), tags: [tag("v1"), tag("V1")]),
            .put(.sample("b", subject: "a", isBlob: true), tags: []),
            .put(.sample("c"), tags: [tag("_x")]),
        ])
        let read = try RepositoryIndex(parsing: index.bytes())
        #expect(read.manifests == index.manifests)
        #expect(read.tags == index.tags)
        #expect(read.sortedTags.map(\.text) == ["V1", "_x", "v1"])
        #expect(read.referrers == [.of("a"): [.of("b")]])
        #expect(read.bytes() == index.bytes())
    }

    @Test func `what other tools wrote survives`() throws {
        let a = Digest.of("a")
        let text = """
            { "schemaVersion": 2, "x-own": {"k": [1, 2.50]}, "annotations": {"top": "\\u00e9"},
              "manifests": [
                {"mediaType":"\(MediaType.ociManifest)","digest":"\(a)","size":1,"platform": {"os":"linux", "architecture":"arm64"},
                 "annotations":{"org.opencontainers.image.ref.name":"v1","com.example":"kept \\n"}},
                {"mediaType":"\(MediaType.ociManifest)","digest":"\(Digest.of("b"))","size":1,
                 "annotations":{"org.opencontainers.image.ref.name":"docker.io/library/alpine:3"}},
                {"mediaType":"application/x","digest":"blake3:00","size":7}
              ] }
            """
        var index = try Self.parse(text)
        index.apply(.put(.sample("c"), tags: [tag("v2")]))
        let written = String(decoding: index.bytes(), as: UTF8.self)
        for kept in [
            #""x-own":{"k": [1, 2.50]}"#, #""annotations":{"top": "\u00e9"}"#,
            #""platform":{"os":"linux", "architecture":"arm64"}"#, #""com.example":"kept \n""#,
            #"docker.io/library/alpine:3"#, #"{"mediaType":"application/x","digest":"blake3:00","size":7}"#,
        ] {
            #expect(written.contains(kept), "\(kept) is lost")
        }
        let again = try RepositoryIndex(parsing: index.bytes())
        #expect(again.tags.keys.sorted().map(\.text) == ["v1", "v2"])
        #expect(again.manifests.count == 3)
        #expect(again.bytes() == index.bytes())
    }

    @Test func `what another tool wrote about a manifest stays with it when it loses its tag`() throws {
        var index = try Self.parse(
            """
            {"manifests":[{"mediaType":"\(MediaType.ociManifest)","digest":"\(Digest.of("a"))","size":1,
            "annotations":{"org.opencontainers.image.ref.name":"v1","com.example":"kept"}}]}
            """
        )
        index.apply(.untag(tag("v1")))
        #expect(index.tags.isEmpty)
        #expect(String(decoding: index.bytes(), as: UTF8.self).contains("com.example"))
        index.apply(.put(.sample("a"), tags: [tag("v2")]))
        #expect(String(decoding: index.bytes(), as: UTF8.self).contains("com.example"))
    }

    @Test func `of two entries with one name the first counts, as for skopeo`() throws {
        let entries = ["a", "b"]
            .map {
                #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(Digest.of($0))","size":1,"annotations":{"org.opencontainers.image.ref.name":"v1"}}"#
            }
        let index = try Self.parse(#"{"manifests":[\#(entries.joined(separator: ","))]}"#)
        #expect(index.entry(at: .tag(tag("v1")))?.digest == .of("a"))
        #expect(index.entry(at: .digest(.of("b"))) != nil)
    }

    @Test(arguments: ["", "[]", "{", #"{"manifests":{}}"#, #"{"a":1,"a":2}"#, #"{"manifests":[}"#, "{} {}"])
    func `what is no index is refused`(text: String) {
        #expect(throws: JSONSlices.Mistake.self) { try Self.parse(text) }
    }

    @Test func `tags come in pages, in bytewise order`() {
        let index = Self.index([.put(.sample("a"), tags: ["b", "a", "B", "a.1", "_"].map { tag($0) })])
        #expect(index.tags(after: nil, limit: 10).map(\.text) == ["B", "_", "a", "a.1", "b"])
        #expect(index.tags(after: tag("_"), limit: 2).map(\.text) == ["a", "a.1"])
        #expect(index.tags(after: tag("a.0"), limit: 2).map(\.text) == ["a.1", "b"])
        #expect(index.tags(after: tag("b"), limit: 2).isEmpty)
        #expect(index.tags(after: tag("zzz"), limit: 2).isEmpty)
        #expect(index.tags(after: nil, limit: 0).isEmpty)
    }

    @Test func `removing a manifest takes its tags and its place among the referrers`() {
        var index = Self.index([
            .put(.sample("a"), tags: [tag("v1"), tag("v2")]),
            .put(.sample("b", subject: "a"), tags: [tag("sig")]),
        ])
        index.apply(.remove(.of("b")))
        #expect(index.referrers.isEmpty)
        #expect(index.sortedTags.map(\.text) == ["v1", "v2"])
        index.apply(.remove(.of("a")))
        #expect(index.isEmpty)
        #expect(index.bytes() == RepositoryIndex.emptyBytes)
    }

    @Test(arguments: 0..<20)
    func `making all changes of a record once more changes nothing`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func name() -> String { "m\(Int.random(in: 0..<4, using: &random))" }
        let changes: [RecordChange] = (0..<60)
            .map { _ in
                switch Int.random(in: 0..<4, using: &random) {
                case 0: .untag(tag(name()))
                case 1: .remove(.of(name()))
                default: .put(.sample(name(), subject: Bool.random(using: &random) ? name() : nil), tags: [tag(name())])
                }
            }
        let once = Self.index(changes)
        let folded = try RepositoryIndex(parsing: once.bytes())
        let twice = changes.reduce(into: folded) { $0.apply($1) }
        #expect(twice.bytes() == once.bytes(), "seed \(seed)")
        #expect(twice.referrers == once.referrers)
    }
}
