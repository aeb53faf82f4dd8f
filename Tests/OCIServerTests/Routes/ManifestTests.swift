// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIServer

/// Manifests and tags (distribution-spec, "Pushing Manifests", "Listing Tags", "Listing Referrers", "Deleting").
@Suite struct ManifestTests {
    private let ociType = MediaType.ociManifest.text

    private func config(_ server: TestServer, _ name: String) async throws -> String {
        let digest = try await server.push(Array("{}".utf8), to: name)
        return #"{"mediaType":"application/vnd.oci.empty.v1+json","digest":"\#(digest)","size":2}"#
    }

    private func put(
        _ text: String,
        _ reference: String,
        _ server: TestServer,
        _ name: String = "a",
        type: String? = MediaType.ociManifest.text
    ) async throws -> PlainHTTP.Reply {
        let fields = type.map { [(name: "Content-Type", value: $0)] } ?? []
        return try await server.request("PUT", "/v2/\(name)/manifests/\(reference)", fields, body: Array(text.utf8))
    }

    @Test(arguments: Backing.allCases)
    func `a manifest is kept byte for byte, with its type`(_ backing: Backing) async throws {
        try await withServer(over: backing) { server in
            let config = try await config(server, "a")
            let documents = [
                (ociType, "{ \"schemaVersion\": 2,\n\t\"config\": \(config),  \"layers\": [], \"x\": \"\\u00e9\" }\n"),
                (
                    MediaType.dockerManifest.text,
                    #"{"schemaVersion":2,"mediaType":"\#(MediaType.dockerManifest)","config":\#(config)}"#
                ),
                (MediaType.ociIndex.text, #"{"schemaVersion":2,"manifests":[]}"#),
                (MediaType.dockerManifestList.text, #"{"schemaVersion":2,"manifests":[],"annotations":{"a":"b"}}"#),
            ]
            var kept: [(uri: String, type: String, text: String, digest: Digest)] = []
            for (place, (type, text)) in documents.enumerated() {
                for algorithm in Digest.Algorithm.allCases {
                    let digest = Digester.digest(of: Array(text.utf8), algorithm: algorithm)
                    let references = algorithm == .sha256 ? ["tag-\(place)", "\(digest)"] : ["\(digest)"]
                    for reference in references {
                        let reply = try await put(text, reference, server, type: type)
                        #expect(reply.status == 201, "\(reply.text)")
                        #expect(reply.header("Docker-Content-Digest") == "\(digest)")
                        let location = try #require(reply.header("Location"))
                        kept += [location, "/v2/a/manifests/\(reference)"].map { ($0, type, text, digest) }
                    }
                }
            }
            return kept
        } _: { server, kept in
            for (uri, type, text, digest) in kept {
                // Whatever a client accepts, a manifest is never made into another one.
                let accept = [(name: "Accept", value: "application/json")]
                let got = try await server.request("GET", uri, accept)
                #expect(got.body == Array(text.utf8))
                let head = try await server.request("HEAD", uri)
                #expect(head.body.isEmpty)
                for answer in [got, head] {
                    #expect(answer.status == 200)
                    #expect(answer.header("Content-Type") == type)
                    #expect(answer.header("Content-Length") == "\(text.utf8.count)")
                    #expect(answer.header("Docker-Content-Digest") == "\(digest)")
                    #expect(answer.header("ETag") == "\"\(digest)\"")
                }
                let known = try await server.request("GET", uri, [("If-None-Match", "\"\(digest)\"")])
                #expect(known.status == 304)
            }
        }
    }

    @Test func `a manifest of almost four MiB is taken, and a longer one is not`() async throws {
        try await withServer { server in
            let config = try await config(server, "a")
            func text(_ size: Int) -> String {
                let start = #"{"schemaVersion":2,"config":\#(config),"annotations":{"a":""#
                let end = #""}}"#
                return start + String(repeating: "x", count: size - start.utf8.count - end.utf8.count) + end
            }
            #expect(try await put(text(4 << 20), "large", server).status == 201)
            #expect(try await server.request("GET", "/v2/a/manifests/large").body.count == 4 << 20)
            #expect(try await put(text(4 << 20 + 1), "larger", server).status == 413)
            #expect(try await server.request("GET", "/v2/a/manifests/larger").status == 404)
        }
    }

    @Test func `what is no manifest, or not the one it is called, is refused`() async throws {
        try await withServer { server in
            let config = try await config(server, "a")
            let good = #"{"schemaVersion":2,"config":\#(config)}"#
            let other = Digester.digest(of: [1])
            for (text, reference, type, code) in [
                (good, "\(other)", ociType, "DIGEST_INVALID"),
                (good, "sha256:baddigeststring", ociType, "DIGEST_INVALID"),
                ("", "x", ociType, "MANIFEST_INVALID"),
                ("[]", "x", ociType, "MANIFEST_INVALID"),
                (#"{"config":\#(config),"config":\#(config)}"#, "x", ociType, "MANIFEST_INVALID"),
                (#"{"config":\#(config),"manifests":[]}"#, "x", ociType, "MANIFEST_INVALID"),
                (good, "x", MediaType.ociIndex.text, "MANIFEST_INVALID"),
                (#"{"mediaType":"\#(MediaType.ociIndex)","config":\#(config)}"#, "x", ociType, "MANIFEST_INVALID"),
                (#"{"config":{"digest":"sha256:x","size":2,"mediaType":"a"}}"#, "x", ociType, "MANIFEST_INVALID"),
                (good, "x", "application/vnd.docker.distribution.manifest.v1+json", "UNSUPPORTED"),
            ] {
                let reply = try await put(text, reference, server, type: type)
                #expect(reply.status == 400, "\(text)")
                #expect(reply.codes == [code], "\(text)")
            }
            #expect(try await server.request("GET", "/v2/a/manifests/x").status == 404)
            for method in ["GET", "HEAD"] {
                let reply = try await server.request(method, "/v2/a/manifests/sha256:baddigeststring")
                #expect(reply.status == 400)
            }
        }
    }

    @Test func `a manifest that points to what is not there is refused`() async throws {
        try await withServer { server in
            let config = try await config(server, "a")
            let missing = #"{"mediaType":"a","digest":"\#(Digester.digest(of: [1]))","size":1}"#
            let foreign = missing.replacing(
                "\"a\"",
                with: "\"application/vnd.oci.image.layer.nondistributable.v1.tar\""
            )
            for (text, type, status) in [
                (#"{"config":\#(missing)}"#, ociType, 404),
                (#"{"config":\#(config),"layers":[\#(missing)]}"#, ociType, 404),
                (#"{"config":\#(config),"layers":[\#(foreign)]}"#, ociType, 201),
                (#"{"manifests":[\#(missing)]}"#, MediaType.ociIndex.text, 404),
                (#"{"config":\#(config),"subject":\#(missing)}"#, ociType, 201),
            ] {
                let reply = try await put(text, "x", server, type: type)
                #expect(reply.status == status, "\(text): \(reply.text)")
                if status == 404 { #expect(reply.codes == ["MANIFEST_BLOB_UNKNOWN"]) }
            }
            // What another repository has does not count.
            #expect(try await put(#"{"config":\#(config)}"#, "x", server, "b").status == 404)
        }
    }

    @Test func `a manifest by digest may take its tags along`() async throws {
        try await withServer { server in
            let text = #"{"config":\#(try await config(server, "a"))}"#
            let digest = Digester.digest(of: Array(text.utf8))
            let reply = try await put(text, "\(digest)?tag=one&tag=two", server)
            #expect(reply.status == 201)
            #expect(reply.fields.filter { $0.name.lowercased() == "oci-tag" }.map(\.value) == ["one", "two"])
            for tag in ["one", "two"] {
                #expect(try await server.request("GET", "/v2/a/manifests/\(tag)").body == Array(text.utf8))
            }
            #expect(try await put(text, "\(digest)?tag=-", server).status == 400)
            #expect(try await put(text, "three?tag=four", server).status == 400)
        }
    }

    @Test(arguments: Backing.allCases)
    func `tags are listed in order, in pages`(_ backing: Backing) async throws {
        try await withServer(over: backing) { server in
            let text = #"{"config":\#(try await config(server, "a"))}"#
            let digest = Digester.digest(of: Array(text.utf8))
            #expect(try await server.request("GET", "/v2/a/tags/list").json["tags"] as? [String] == [])
            let names = ["b", "a", "A", "_x", "10", "9", "a.b", "a-b", "Z"]
            #expect(
                try await put(text, "\(digest)?" + names.map { "tag=\($0)" }.joined(separator: "&"), server).status
                    == 201
            )
        } _: { server, _ in
            let sorted = ["10", "9", "A", "Z", "_x", "a", "a-b", "a.b", "b"]
            let all = try await server.request("GET", "/v2/a/tags/list")
            #expect(try all.json["tags"] as? [String] == sorted)
            #expect(try all.json["name"] as? String == "a")
            #expect(all.header("Link") == nil)
            #expect(try await server.request("HEAD", "/v2/a/tags/list").header("Content-Length") == "\(all.body.count)")
            for size in 1...10 {
                var read: [String] = []
                var next: String? = "/v2/a/tags/list?n=\(size)"
                while let uri = next {
                    let page = try await server.request("GET", uri)
                    let tags = try #require(try page.json["tags"] as? [String])
                    #expect(tags.count <= size)
                    read += tags
                    next = page.header("Link").map { $0.split(separator: ">")[0].dropFirst().description }
                    try #require(read.count <= 20)
                }
                #expect(read == sorted, "pages of \(size)")
            }
            for (query, expected) in [
                ("last=Z", Array(sorted[4...])), ("last=Y", Array(sorted[3...])), ("last=zzz", []),
                ("n=2&last=a", ["a-b", "a.b"]), ("n=0", []), ("n=2147483647", sorted),
            ] {
                let reply = try await server.request("GET", "/v2/a/tags/list?\(query)")
                #expect(try reply.json["tags"] as? [String] == expected, "\(query)")
            }
            #expect(try await server.request("GET", "/v2/a/tags/list?n=0").header("Link") == nil)
            for query in ["n=-1", "n=abc", "n=1e9"] {
                let reply = try await server.request("GET", "/v2/a/tags/list?\(query)")
                #expect(reply.status == 400)
                #expect(reply.codes == ["PAGINATION_NUMBER_INVALID"])
            }
            let none = try await server.request("GET", "/v2/none/tags/list")
            #expect(none.status == 404)
            #expect(none.codes == ["NAME_UNKNOWN"])
        }
    }

    @Test(arguments: Backing.allCases)
    func `repositories are listed in order, in pages`(_ backing: Backing) async throws {
        try await withServer(over: backing) { server in
            #expect(try await server.request("GET", "/v2/_catalog").json["repositories"] as? [String] == [])
            let names = ["b", "a/b/c", "a", "a-b", "c/d"]
            for name in names {
                #expect(
                    try await put(#"{"config":\#(try await config(server, name))}"#, "x", server, name).status == 201
                )
            }
            try await server.push([1], to: "only-blobs")
        } _: { server, _ in
            let sorted = ["a", "a-b", "a/b/c", "b", "c/d"]
            for size in 1...6 {
                var read: [String] = []
                var next: String? = "/v2/_catalog?n=\(size)"
                while let uri = next {
                    let page = try await server.request("GET", uri)
                    let found = try #require(try page.json["repositories"] as? [String])
                    #expect(found.count <= size)
                    read += found
                    next = page.header("Link").map { $0.split(separator: ">")[0].dropFirst().description }
                    try #require(read.count <= 20)
                }
                #expect(read == sorted, "pages of \(size)")
            }
            for (query, status) in [
                ("n=2147483647", 200), ("n=0", 200), ("n=-1", 400), ("n=abc", 400), ("last=A", 400),
            ] {
                #expect(try await server.request("GET", "/v2/_catalog?\(query)").status == status, "\(query)")
            }
        }
    }

    @Test(arguments: Backing.allCases)
    func `referrers are told by their subject, whether it is there or not`(_ backing: Backing) async throws {
        let subject = Digester.digest(of: [1])
        let path = "/v2/a/referrers/\(subject)"
        try await withServer(over: backing) { server in
            let empty = try await server.request("GET", path)
            #expect(empty.status == 200)
            #expect(empty.header("Content-Type") == MediaType.ociIndex.text)
            #expect(try empty.json["schemaVersion"] as? Int == 2)
            #expect(try empty.json["mediaType"] as? String == MediaType.ociIndex.text)
            #expect(try (empty.json["manifests"] as? [Any])?.isEmpty == true)

            let config = try await config(server, "a")
            let reference = #""subject":{"mediaType":"\#(ociType)","digest":"\#(subject)","size":1}"#
            let signature =
                #"{"schemaVersion":2,"artifactType":"a/sig+json","config":\#(config),"annotations":{"k":"v"},\#(reference)}"#
            let plain = #"{"schemaVersion":2,"config":\#(config),\#(reference)}"#
            let index = #"{"schemaVersion":2,"manifests":[],\#(reference)}"#
            for (text, type) in [(signature, ociType), (plain, ociType), (index, MediaType.ociIndex.text)] {
                let digest = Digester.digest(of: Array(text.utf8))
                let reply = try await put(text, "\(digest)", server, type: type)
                #expect(reply.status == 201, "\(reply.text)")
                #expect(reply.header("OCI-Subject") == "\(subject)")
            }
            return (signature, plain, index)
        } _: { server, written in
            let (signature, plain, index) = written
            let all = try await server.request("GET", path)
            let manifests = try #require(try all.json["manifests"] as? [[String: Any]])
            #expect(manifests.count == 3)
            let byDigest = Dictionary(uniqueKeysWithValues: manifests.map { ($0["digest"] as? String ?? "", $0) })
            let signed = try #require(byDigest["\(Digester.digest(of: Array(signature.utf8)))"])
            #expect(signed["artifactType"] as? String == "a/sig+json")
            #expect(signed["annotations"] as? [String: String] == ["k": "v"])
            #expect(signed["size"] as? Int == signature.utf8.count)
            #expect(signed["mediaType"] as? String == ociType)
            let other = try #require(byDigest["\(Digester.digest(of: Array(plain.utf8)))"])
            #expect(other["artifactType"] as? String == "application/vnd.oci.empty.v1+json")
            let list = try #require(byDigest["\(Digester.digest(of: Array(index.utf8)))"])
            #expect(list["artifactType"] == nil)
            #expect(all.header("OCI-Filters-Applied") == nil)

            for written in ["a%2Fsig%2Bjson", "a/sig+json"] {
                let filtered = try await server.request("GET", "\(path)?artifactType=\(written)")
                #expect(try (filtered.json["manifests"] as? [Any])?.count == 1)
                #expect(filtered.header("OCI-Filters-Applied") == "artifactType")
            }
            let elsewhere = try await server.request(
                "GET",
                "/v2/a/referrers/\(Digester.digest(of: Array(signature.utf8)))"
            )
            #expect(try (elsewhere.json["manifests"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func `a referrer that is deleted is listed no more`() async throws {
        try await withServer { server in
            let subject = Digester.digest(of: [1])
            let reference = #""subject":{"mediaType":"\#(ociType)","digest":"\#(subject)","size":1}"#
            let text = #"{"schemaVersion":2,"config":\#(try await config(server, "a")),\#(reference)}"#
            let digest = Digester.digest(of: Array(text.utf8))
            #expect(try await put(text, "\(digest)", server).status == 201)
            func count() async throws -> Int? {
                try await (server.request("GET", "/v2/a/referrers/\(subject)").json["manifests"] as? [Any])?.count
            }
            #expect(try await count() == 1)
            #expect(try await server.request("DELETE", "/v2/a/manifests/\(digest)").status == 202)
            #expect(try await count() == 0)
        }
    }

    @Test func `what is deleted is gone at once`() async throws {
        try await withServer { server in
            let image = try await BuiltImage.random(seed: 3)
            try await server.push(image, to: "a", as: ["one", "two", "three"])
            try await server.push(image, to: "b", as: ["one"])
            let digest = image.manifest.descriptor.digest
            let layer = image.blobs[1].descriptor.digest
            func status(_ path: String, _ method: String = "GET", _ name: String = "a") async throws -> Int {
                try await server.request(method, "/v2/\(name)/\(path)").status
            }
            #expect(try await status("manifests/one", "DELETE") == 202)
            #expect(try await status("manifests/one") == 404)
            #expect(try await status("manifests/one", "DELETE") == 404)
            #expect(try await status("manifests/two") == 200)
            // A blob that a manifest points to stays.
            #expect(try await status("blobs/\(layer)", "DELETE") == 409)
            #expect(try await status("manifests/\(digest)", "DELETE") == 202)
            for path in ["manifests/two", "manifests/three", "manifests/\(digest)"] {
                #expect(try await status(path) == 404, "\(path)")
            }
            #expect(try await server.request("GET", "/v2/a/tags/list").json["tags"] as? [String] == [])
            #expect(try await status("blobs/\(layer)", "DELETE") == 202)
            for method in ["GET", "HEAD"] { #expect(try await status("blobs/\(layer)", method) == 404) }
            #expect(try await status("blobs/\(layer)", "DELETE") == 404)
            #expect(try await status("blobs/\(layer)", "GET", "b") == 200)
            #expect(try await status("manifests/one", "GET", "b") == 200)
        }
    }

    @Test func `nothing is deleted where that is not enabled`() async throws {
        try await withServer {
            $0.allowsDeletion = false
        } _: { server in
            let image = try await BuiltImage.random(seed: 3)
            try await server.push(image, to: "a", as: ["one"])
            for path in [
                "manifests/one", "manifests/\(image.manifest.descriptor.digest)",
                "blobs/\(image.blobs[1].descriptor.digest)", "manifests/none",
            ] {
                let reply = try await server.request("DELETE", "/v2/a/\(path)")
                #expect(reply.status == 405, "\(path)")
                #expect(reply.codes == ["UNSUPPORTED"])
            }
            #expect(try await server.request("GET", "/v2/a/manifests/one").status == 200)
        }
    }

    @Test func `a server that is read-only takes nothing in`() async throws {
        let folder = temporaryPath("read-only")
        defer { removeFolder(folder) }
        let image = try await BuiltImage.random(seed: 3)
        try await withServer(in: folder) { try await $0.push(image, to: "a", as: ["one"]) }
        try await withServer(in: folder) {
            $0.isReadOnly = true
        } _: { server in
            try await expectReadOnly(server, image)
        }
    }

    @Test func `a server over bundles takes nothing in`() async throws {
        let image = try await BuiltImage.random(seed: 3)
        try await withServer(over: .bundle) {
            try await $0.push(image, to: "a", as: ["one"])
        } _: { server, _ in
            try await expectReadOnly(server, image)
        }
    }

    /// Checks that an image can be read, and nothing be written.
    private func expectReadOnly(_ server: TestServer, _ image: BuiltImage) async throws {
        let digest = image.manifest.descriptor.digest
        for (method, path) in [
            ("POST", "blobs/uploads/"), ("PUT", "manifests/two"), ("DELETE", "manifests/one"),
            ("POST", "blobs/uploads/?mount=\(digest)&from=a"),
            ("PATCH", "blobs/uploads/0123456789abcdef0123456789abcdef"),
        ] {
            let reply = try await server.request(method, "/v2/a/\(path)", body: [1])
            #expect(reply.status == 405, "\(method) \(path)")
            #expect(reply.codes == ["UNSUPPORTED"])
        }
        #expect(try await server.request("GET", "/v2/a/manifests/one").body == image.manifest.bytes)
        #expect(try await server.request("GET", "/v2/a/blobs/\(image.blobs[1].descriptor.digest)").status == 200)
    }
}
