// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@Suite struct ProductContentTests {
    private func put(
        _ manifest: ManifestDocument,
        _ tag: String,
        to registry: ProductRegistry
    ) async throws -> PlainHTTP.Reply {
        let type = [(name: "Content-Type", value: "\(manifest.descriptor.mediaType)")]
        let uri = "/v2/a/b/manifests/\(tag)"
        return try await PlainHTTP.request("PUT", registry.host, uri, fields: type, body: manifest.bytes)
    }

    @Test(arguments: [(ProductQuirks.strict, 404), (.distribution2, 400), (.quay, 404), (.lazy, 201)])
    func `a tag without its blobs is refused, or taken down as broken`(quirks: ProductQuirks, status: Int) async throws
    {
        let image = try await BuiltImage.random(seed: 1)
        try await withProductRegistry(quirks) { registry in
            let early = try await put(image.manifest, "v1", to: registry)
            #expect(early.status == status)
            let missing = image.blobs.map(\.descriptor.digest)
            #expect(registry.brokenTags.map(\.missing) == (status == 201 ? [missing] : []))
            #expect(registry.brokenTags.allSatisfy { $0.tag == "v1" && $0.digest == image.manifest.descriptor.digest })
            for blob in image.blobs { _ = registry.hold(blob.bytes, in: "a/b") }
            let late = try await put(image.manifest, "v2", to: registry)
            #expect(late.status == quirks.manifestStatus)
            #expect(registry.brokenTags.map(\.tag) == (status == 201 ? ["v1"] : []))
            #expect(registry.digest(of: "v2", in: "a/b") == image.manifest.descriptor.digest)
        }
    }

    @Test func `a tag over content that is not what its digest says is broken`() async throws {
        let image = try await BuiltImage.random(seed: 2)
        try await withProductRegistry(.lazy) { registry in
            for blob in image.blobs.dropLast() { _ = registry.hold(blob.bytes, in: "a/b") }
            let last = try #require(image.blobs.last).descriptor.digest
            var upload = try await PlainUpload(registry.host)
            #expect(try await upload.put("\(last)", [1, 2]) == 201)
            _ = try await put(image.manifest, "v1", to: registry)
            #expect(registry.brokenTags.map(\.missing) == [[last]])
        }
    }

    @Test(arguments: [
        (ProductQuirks.strict, "from=c/d", 201), (.strict, "", 201), (.strict, "from=e", 202), (.lazy, "from=c/d", 202),
        (.ecr, "from=c/d", 202), (.distribution2, "from=c/d", 201), (.distribution2, "", 202), (.quay, "from=c/d", 201),
        (.quay, "", 400), (.hub, "from=c/d", 201), (.hub, "from=c", 400),
    ])
    func `a mount`(quirks: ProductQuirks, from: String, status: Int) async throws {
        try await withProductRegistry(quirks) { registry in
            registry.create("a/b")
            let digest = registry.hold([1, 2, 3], in: "c/d")
            let uri = "/v2/a/b/blobs/uploads/?mount=\(digest)\(from.isEmpty ? "" : "&\(from)")"
            let reply = try await PlainHTTP.request("POST", registry.host, uri)
            #expect(reply.status == status)
            #expect(registry.has(digest, in: "a/b") == (status == 201))
        }
    }

    @Test func `Docker Hub counts pulls, and no looks`() async throws {
        let image = try await BuiltImage.random(seed: 3)
        try await withProductRegistry(.hub.with { $0.pulls = 2 }) { registry in
            registry.hold(image.manifest, in: "a/b", as: "v1")
            var seen: [String] = []
            for method in ["GET", "HEAD", "HEAD", "GET", "GET"] {
                let reply = try await PlainHTTP.request(method, registry.host, "/v2/a/b/manifests/v1")
                seen.append("\(reply.status) \(reply.header("ratelimit-remaining") ?? "-")")
                #expect((reply.header("retry-after") != nil) == (reply.status == 429))
            }
            #expect(seen == ["200 1;w=21600", "200 -", "200 -", "200 0;w=21600", "429 0;w=21600"])
        }
    }

    @Test func `Harbor does not let a tag move`() async throws {
        try await withProductRegistry(.harbor) { registry in
            for (seed, status) in [(4, 201), (4, 201), (5, 412)] as [(UInt64, Int)] {
                let image = try await BuiltImage.random(seed: seed)
                for blob in image.blobs { _ = registry.hold(blob.bytes, in: "a/b") }
                let reply = try await put(image.manifest, "v1", to: registry)
                #expect(reply.status == status)
            }
        }
    }

    @Test(arguments: [
        (ProductQuirks.strict, [200, 404, 200]), (.ghcr, [404, 404, 404]), (.distribution2, [200, 200, 404]),
        (.lazy, [200, 200, 200]),
    ])
    func `lists are there or not: repositories, tags, referrers`(quirks: ProductQuirks, statuses: [Int]) async throws {
        try await withProductRegistry(quirks) { registry in
            let digest = "sha256:\(String(repeating: "0", count: 64))"
            var seen: [Int] = []
            for uri in ["/v2/_catalog", "/v2/none/tags/list", "/v2/none/referrers/\(digest)"] {
                let reply = try await PlainHTTP.request("GET", registry.host, uri)
                seen.append(reply.status)
                let body = String(decoding: reply.body, as: UTF8.self)
                if uri.hasSuffix("tags/list"), reply.status == 200 { #expect(body.contains(#""tags":null"#)) }
            }
            #expect(seen == statuses)
        }
    }

    @Test func `tags come in pages`() async throws {
        let image = try await BuiltImage.random(seed: 6)
        try await withProductRegistry { registry in
            for tag in ["c", "a", "b"] { registry.hold(image.manifest, in: "a/b", as: tag) }
            let first = try await PlainHTTP.request("GET", registry.host, "/v2/a/b/tags/list?n=2")
            #expect(String(decoding: first.body, as: UTF8.self) == #"{"name":"a/b","tags":["a","b"]}"#)
            #expect(first.header("link") == "</v2/a/b/tags/list?n=2&last=b>; rel=\"next\"")
            let second = try await PlainHTTP.request("GET", registry.host, "/v2/a/b/tags/list?n=2&last=b")
            #expect(String(decoding: second.body, as: UTF8.self) == #"{"name":"a/b","tags":["c"]}"#)
            #expect(second.header("link") == nil)
        }
    }
}
