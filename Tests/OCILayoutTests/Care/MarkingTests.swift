// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import OCILayout

@Suite struct MarkingTests {
    /// index → a, b; sig → index; att → sig; lone → x.
    private static let index = [
        RecordChange.put(.sample("index"), tags: [tag("v1")]),
        .put(.sample("a"), tags: []), .put(.sample("b"), tags: []),
        .put(.sample("sig", subject: "index"), tags: []), .put(.sample("att", subject: "sig"), tags: []),
        .put(.sample("lone"), tags: []),
        .put(.sample("stray", subject: "gone"), tags: []),
    ]
    .reduce(into: RepositoryIndex()) { $0.apply($1) }

    private static let links: [Digest: ManifestLinks] = [
        .of("index"): ManifestLinks(children: [.of("a"), .of("b"), .of("missing")]),
        .of("a"): ManifestLinks(blobs: [.of("layer a")]), .of("b"): ManifestLinks(blobs: [.of("layer b")]),
        .of("sig"): ManifestLinks(blobs: [.of("layer sig")]), .of("lone"): ManifestLinks(blobs: [.of("layer lone")]),
    ]

    @Test func `what a tag reaches stays, and what refers to that`() {
        let marking = Marking(Self.index, keepsUntagged: false, links: Self.links)
        #expect(marking.manifests == Set(["index", "a", "b", "sig", "att"].map { .of($0) }))
        #expect(marking.blobs == Set(["layer a", "layer b", "layer sig"].map { .of($0) }))
    }

    @Test func `manifests without a tag stay if they are to`() {
        let marking = Marking(Self.index, keepsUntagged: true, links: Self.links)
        #expect(marking.manifests == Set(Self.index.manifests.keys))
        #expect(marking.contains(.of("layer lone")))
    }

    @Test func `manifests that refer to each other in a circle end`() {
        let index = [
            RecordChange.put(.sample("a", subject: "b"), tags: [tag("v1")]), .put(.sample("b", subject: "a"), tags: []),
        ]
        .reduce(into: RepositoryIndex()) { $0.apply($1) }
        let links: [Digest: ManifestLinks] = [
            .of("a"): ManifestLinks(children: [.of("b")]), .of("b"): ManifestLinks(children: [.of("a")]),
        ]
        #expect(Marking(index, keepsUntagged: false, links: links).manifests.count == 2)
    }
}
