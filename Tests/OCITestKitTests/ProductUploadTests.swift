// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@Suite struct ProductUploadTests {
    private static let bytes = (0..<3000).map { UInt8($0 % 251) }
    private static let digest = "\(Digester.digest(of: bytes))"

    @Test(arguments: ProductQuirks.all.filter { $0.name != "gar" })
    func `a blob in two chunks arrives, and is told of`(quirks: ProductQuirks) async throws {
        var quirks = quirks
        if quirks.smallestChunk != nil { quirks.smallestChunk = 1000 }
        try await withProductRegistry(quirks) { registry in
            registry.create("a/b")
            var upload = try await PlainUpload(registry.host)
            #expect(upload.reply.status == 202)
            #expect(try await upload.patch(Array(Self.bytes[..<1000]), at: 0) == quirks.chunkStatus)
            #expect(upload.reply.header("range") == "0-999")
            #expect(try await upload.patch(Array(Self.bytes[1000...]), at: 1000) == quirks.chunkStatus)
            #expect(upload.reply.header("range") == (quirks.freezesRange ? "0-999" : "0-2999"))
            #expect(try await upload.put(Self.digest) == 201)
            #expect((upload.reply.header("docker-content-digest") != nil) == quirks.sendsDigest)
            let digest = try Digest(Self.digest)
            #expect(registry.has(digest, in: "a/b"))
            #expect(registry.uploadBytes(of: digest) == 3000)
            #expect(registry.count("PATCH", .uploadData) == 2)
            let reply = try await PlainHTTP.request("GET", registry.host, "/v2/a/b/blobs/\(digest)")
            #expect(reply.body == Self.bytes)
        }
    }

    @Test(arguments: [
        (ProductQuirks.strict, "204 0-99"), (.embedded, "204 0-499"), (.distribution2, "404 -"),
        (.distribution3, "204 0-499"), (.acr, "404 -"), (.ghcr, "204 0-499"),
    ])
    func `a chunk that was cut leaves what the product leaves`(quirks: ProductQuirks, status: String) async throws {
        try await withProductRegistry(quirks) { registry in
            var upload = try await PlainUpload(registry.host)
            try await upload.patch(Array(repeating: 7, count: 100), at: 0)
            try await upload.cut(after: 400, in: registry)
            #expect(try await upload.status() == status)
            if status.hasPrefix("404") {
                let body = String(decoding: upload.reply.body, as: UTF8.self)
                #expect(body.contains("BLOB_UPLOAD_INVALID"))
                #expect(try await upload.patch([1]) == 404)
            }
            #expect(registry.uploadBytes == 500)
        }
    }

    @Test(arguments: [
        (ProductQuirks.strict, 416, "204 0-99"), (.distribution3, 416, "204 0-99"), (.distribution2, 202, "204 0-109"),
    ])
    func `a chunk with a gap is refused or appended`(quirks: ProductQuirks, status: Int, after: String) async throws {
        try await withProductRegistry(quirks) { registry in
            var upload = try await PlainUpload(registry.host)
            try await upload.patch(Array(repeating: 7, count: 100), at: 0)
            #expect(try await upload.patch(Array(repeating: 7, count: 10), at: 500) == status)
            #expect(try await upload.status() == after)
        }
    }

    @Test func `distribution 2 ends a session at a location of another offset`() async throws {
        try await withProductRegistry(.distribution2) { registry in
            var upload = try await PlainUpload(registry.host)
            let old = upload.location
            try await upload.patch([1, 2, 3])
            let new = upload.location
            upload.location = old
            #expect(try await upload.status() == "404 -")
            upload.location = new
            #expect(try await upload.status() == "404 -")
        }
    }

    @Test func `each product refuses what it does not take`() async throws {
        let short = ProductQuirks.ecr.with { $0.smallestChunk = 10 }
        try await withProductRegistry(short) { registry in
            let unknown = try await PlainUpload(registry.host)
            #expect(unknown.reply.status == 404)
            registry.create("a/b")
            var upload = try await PlainUpload(registry.host)
            for _ in 0..<2 { #expect(try await upload.patch([1]) == 201) }
            #expect(try await upload.put(Self.digest) == 400)
        }
        try await withProductRegistry(.ghcr) { registry in
            var upload = try await PlainUpload(registry.host)
            #expect(try await upload.patch(Array(repeating: 1, count: 4 << 20 | 1)) == 416)
            #expect(String(decoding: upload.reply.body, as: UTF8.self).contains("4.00MiB"))
            #expect(try await upload.put(Self.digest, Self.bytes) == 201)
        }
        try await withProductRegistry(.acr.with { $0.largestPut = 2999 }) { registry in
            var upload = try await PlainUpload(registry.host)
            #expect(try await upload.put(Self.digest, Self.bytes) == 413)
            #expect(try await upload.patch([1], at: 0, unit: "bytes ") == 400)
        }
        try await withProductRegistry(.gar) { registry in
            var upload = try await PlainUpload(registry.host)
            #expect(try await upload.patch([1]) == 405)
            #expect(try await upload.put(Self.digest, Self.bytes) == 201)
        }
        try await withProductRegistry(.artifactory) { registry in
            var upload = try await PlainUpload(registry.host)
            #expect(try await upload.put(Self.digest, Self.bytes) == 404)
        }
    }

    @Test(arguments: [(ProductQuirks.strict, 400), (.lazy, 201)])
    func `a wrong digest is refused, but not by the lazy one`(quirks: ProductQuirks, status: Int) async throws {
        try await withProductRegistry(quirks) { registry in
            var upload = try await PlainUpload(registry.host)
            #expect(try await upload.put(Self.digest, [1]) == status)
            let digest = try Digest(Self.digest)
            #expect(!registry.has(digest, in: "a/b"))
        }
    }

    @Test func `sessions are forgotten on demand, and a restart cuts and forgets as the product does`() async throws {
        for (quirks, status) in [(ProductQuirks.distribution3, "204 0-0"), (.distribution2, "404 -")] {
            try await withProductRegistry(quirks) { registry in
                var upload = try await PlainUpload(registry.host)
                let client = try await RawConnection.open(registry.host)
                await client.send("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n")
                try await client.wait { $0.text.contains("200 OK") }
                await registry.restart()
                _ = try await client.readToEnd()
                #expect(try await upload.status() == status)
                upload = try await PlainUpload(registry.host)
                registry.forgetSessions()
                #expect(try await upload.status() == "404 -")
            }
        }
    }

    @Test func `locations are written as asked, and chunks have a smallest size`() async throws {
        for (location, start) in [
            (ProductQuirks.Location.relative, "/v2/"), (.absolute, "http://127.0.0.1:"),
            (.otherPort(9), "http://127.0.0.1:9/"),
        ] {
            let quirks = ProductQuirks.lazy.with {
                $0.location = location
                $0.announcedMinimum = 77
            }
            try await withProductRegistry(quirks) { registry in
                let upload = try await PlainUpload(registry.host)
                #expect(upload.location.hasPrefix(start))
                #expect(upload.reply.header("oci-chunk-min-length") == "77")
            }
        }
    }

    @Test func `a blob that is too long to keep needs no memory, and is known by its digest`() async throws {
        try await withProductRegistry(.strict, keptBlobSize: 1000) { registry in
            var upload = try await PlainUpload(registry.host)
            #expect(try await upload.put(Self.digest, Self.bytes) == 201)
            let uri = "/v2/a/b/blobs/\(Self.digest)"
            let lost = try await PlainHTTP.request("GET", registry.host, uri)
            #expect(lost.status == 500)
            try registry.hold(Digest(Self.digest), size: 3000, in: "a/b") { _ in ByteStream(.init(bytes: Self.bytes)) }
            let part = try await PlainHTTP.request("GET", registry.host, uri, fields: [("Range", "bytes=5-1004")])
            #expect(part.status == 206)
            #expect(part.header("content-range") == "bytes 5-1004/3000")
            #expect(part.body == Array(Self.bytes[5..<1005]))
        }
    }
}
