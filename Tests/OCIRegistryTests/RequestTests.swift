// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// What is really sent.
    @Suite struct RequestTests {
        private static let accept = """
            application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
            application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json
            """

        private let blob = BuiltBlob(Array("a layer".utf8))
        private let manifest: ManifestDocument

        init() throws { manifest = try ImageBuilder.manifest(config: blob.descriptor, layers: []) }

        /// The requests that an operation makes; each of them is answered as the script says.
        private func requests(
            _ script: @escaping ScriptedPeer.Script,
            _ operation: (RemoteEndpoint, RemoteRepository) async throws -> Void
        ) async throws -> [PeerRequest] {
            try await withRegistry(script) { registry, peer in
                try await operation(registry.endpoint(), registry.app())
                let host = registry.host.description
                for request in peer.requests {
                    #expect(request.header("host") == host)
                    #expect(request.header("user-agent") == "mirror/test")
                    #expect(request.header("transfer-encoding") == nil)
                    #expect(request.header("authorization") == nil)
                    #expect(request.header("accept-encoding") == nil)
                    let names = request.fields.map { $0.name.lowercased() }
                    #expect(Set(names).count == names.count, "a field twice: \(names)")
                }
                return peer.requests
            }
        }

        @Test func `tags and repositories are listed in pages of 1000`() async throws {
            let requests = try await requests { _ in
                .text(200, "{}")
            } _: { endpoint, app in
                _ = try await app.tags().all()
                _ = try await endpoint.catalog().all()
            }
            #expect(requests.map(\.description) == ["GET /v2/team/app/tags/list?n=1000", "GET /v2/_catalog?n=1000"])
            #expect(requests.allSatisfy { $0.header("content-length") == nil && $0.header("accept") == nil })
        }

        @Test func `manifests are asked for in all four types`() async throws {
            let digest = manifest.descriptor.digest
            let requests = try await requests { _ in
                PeerReply(404)
            } _: { _, app in
                let tag = try TagName("v1.2_3-x")
                #expect(try await app.resolve(.tag(.latest)) == nil)
                #expect(try await app.resolve(.digest(digest)) == nil)
                #expect(try await app.document(at: .tag(tag)) == nil)
                #expect(try await app.document(at: .digest(digest)) == nil)
            }
            #expect(
                requests.map(\.description) == [
                    "HEAD /v2/team/app/manifests/latest", "HEAD /v2/team/app/manifests/\(digest)",
                    "GET /v2/team/app/manifests/v1.2_3-x", "GET /v2/team/app/manifests/\(digest)",
                ]
            )
            for request in requests { #expect(request.header("accept") == Self.accept) }
        }

        @Test func `blobs are asked for whole, or from an offset on`() async throws {
            let (blob, digest) = (blob, blob.descriptor.digest)
            let requests = try await requests { request in
                guard request.header("range") != nil else { return PeerReply(body: .bytes(blob.bytes)) }
                return PeerReply(206, headers: [("Content-Range", "bytes 5-6/7")], body: .bytes([1, 2]))
            } _: { _, app in
                #expect(try await app.contains(blob.descriptor))
                let whole = try await app.blob(blob.descriptor, from: 0)
                #expect(try await whole.collected() == blob.bytes)
                let rest = try await app.blob(blob.descriptor, from: 5)
                #expect(rest.range == 5..<7)
                #expect(try await rest.collected() == [1, 2])
            }
            #expect(requests.map(\.method) == ["HEAD", "GET", "GET"])
            #expect(requests.allSatisfy { $0.uri == "/v2/team/app/blobs/\(digest)" })
            #expect(requests.map { $0.header("range") } == [nil, nil, "bytes=5-"])
        }

        @Test(arguments: [("\"a\"", "\"a\""), ("W/\"a\"", nil), ("a", nil), (nil, nil)] as [(String?, String?)])
        func `the rest of a blob is asked for on condition that it is the same`(_ tag: String?, _ asked: String?)
            async throws
        {
            let blob = blob
            let requests = try await requests { request in
                let tags = tag.map { [("ETag", $0)] } ?? []
                guard request.header("range") != nil else { return PeerReply(headers: tags, body: .bytes(blob.bytes)) }
                return PeerReply(206, headers: [("Content-Range", "bytes 5-6/7")] + tags, body: .bytes([1, 2]))
            } _: { _, app in
                _ = try await app.blob(blob.descriptor, from: 0).collected()
                _ = try await app.blob(blob.descriptor, from: 5).collected()
                _ = try? await app.blob(blob.descriptor, in: 2..<4).collected()
            }
            #expect(requests.map { $0.header("if-range") } == [nil, asked, nil])
            #expect(requests.map { $0.header("range") } == [nil, "bytes=5-", "bytes=2-3"])
        }

        @Test func `a blob is mounted or started by one POST and sent by one PUT`() async throws {
            let (blob, digest) = (blob, blob.descriptor.digest)
            let requests = try await requests { request in
                .uploads(request)
            } _: { _, app in
                let sibling = try RepositoryName("team/base")
                #expect(try await app.write(BlobContent(blob), heldBy: nil) == .copied)
                #expect(try await app.write(BlobContent(blob), heldBy: sibling) == .copied)
            }
            #expect(
                requests.map(\.description) == [
                    "POST /v2/team/app/blobs/uploads/?mount=\(digest)&from=team/app",
                    "PUT /v2/team/app/blobs/uploads/1?_state=x%3D&digest=\(digest)",
                    "POST /v2/team/app/blobs/uploads/?mount=\(digest)&from=team/base",
                    "PUT /v2/team/app/blobs/uploads/1?_state=x%3D&digest=\(digest)",
                ]
            )
            #expect(requests.map { $0.header("content-length") } == ["0", "7", "0", "7"])
            #expect(
                requests.map { $0.header("content-type") } == [
                    nil, "application/octet-stream", nil, "application/octet-stream",
                ]
            )
            #expect(requests.map(\.body) == [[], blob.bytes, [], blob.bytes])
        }

        @Test func `a blob without bytes is sent as such`() async throws {
            let empty = BuiltBlob([])
            let requests = try await requests { request in
                .uploads(request)
            } _: { _, app in
                let arrival = try await app.write(BlobContent(empty), heldBy: nil)
                #expect(arrival == .copied)
            }
            let put = try #require(requests.last)
            #expect(put.method == "PUT")
            #expect(put.header("content-length") == "0")
            #expect(put.query("digest") == empty.descriptor.digest.description)
            #expect(put.bodyLength == 0)
            #expect(put.isComplete)
        }

        @Test func `manifests are written with their type and their exact bytes`() async throws {
            let (manifest, digest) = (manifest, manifest.descriptor.digest)
            let requests = try await requests { _ in
                PeerReply(201)
            } _: { _, app in
                try await app.write(manifest)
                try await app.publish(manifest, as: .latest)
            }
            #expect(
                requests.map(\.description) == [
                    "PUT /v2/team/app/manifests/\(digest)", "PUT /v2/team/app/manifests/latest",
                ]
            )
            for request in requests {
                #expect(request.header("content-type") == MediaType.ociManifest.text)
                #expect(request.header("content-length") == "\(manifest.bytes.count)")
                #expect(request.body == manifest.bytes)
            }
        }

        @Test func `many requests in turn share one connection for reading and one for writing`() async throws {
            let blob = blob
            try await withRegistry { request in
                .uploads(request)
            } _: { registry, peer in
                let app = try registry.app()
                for _ in 0..<5 {
                    #expect(try await app.contains(blob.descriptor) == false)
                    #expect(try await app.write(BlobContent(blob), heldBy: nil) == .copied)
                }
                #expect(peer.connections == 2)
            }
        }

        @Test func `questions about long content keep their connection`() async throws {
            let descriptor = try await Descriptor.repeating(1, count: 1 << 20)
            try await withRegistry { _ in
                PeerReply(body: .stream(.repeating(1, count: 1 << 20)))
            } _: { registry, peer in
                let app = try registry.app()
                for _ in 0..<5 { #expect(try await app.contains(descriptor)) }
                #expect(peer.connections == 1)
            }
        }

        @Test func `tells of each request, without what is secret in its URL`() async throws {
            let (blob, digest) = (blob, blob.descriptor.digest)
            let seen = Shared<[RequestRecord]>([])
            try await withRegistry { request in
                .uploads(request)
            } _: { registry, peer in
                let app =
                    registry.endpoint(observer: { record in seen.change { $0.append(record) } })[
                        try RepositoryName("team/app")
                    ]
                _ = try await app.contains(blob.descriptor)
                _ = try await app.write(BlobContent(blob), heldBy: nil)
                _ = try await app.resolve(.tag(.latest))
                let base = "http://\(peer.host)/v2/team/app"
                #expect(
                    seen.value.map { "\($0.method) \($0.url) \($0.status ?? 0)" } == [
                        "HEAD \(base)/blobs/\(digest) 404",
                        "POST \(base)/blobs/uploads/?mount=\(digest)&from=team/app 202",
                        "PUT \(base)/blobs/uploads/1?_state=…&digest=\(digest) 201",
                        "HEAD \(base)/manifests/latest 404",
                    ]
                )
                #expect(seen.value.map(\.kind) == [.blobQuestion, .other, .other, .question])
                #expect(seen.value.allSatisfy { $0.host == peer.host })
            }
        }

        @Test func `Docker Hub is asked at the host of its API`() async throws {
            try await withRegistry(at: "docker.io", scheme: .https) { registry in
                #expect(registry.endpoint().name == "docker.io")
                #expect(registry.transport.policy.origin.description == "https://registry-1.docker.io")
            }
        }
    }
}
