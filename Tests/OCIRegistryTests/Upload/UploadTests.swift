// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    @Suite struct UploadTests {
        private struct Broken: Error {}

        private let blob = BuiltBlob((0..<5000).map { UInt8($0 % 251) })
        private var digest: Digest { blob.descriptor.digest }

        /// Writes the blob and returns the error.
        private func failure(
            _ script: @escaping ScriptedPeer.Script,
            requests: [String]? = nil
        ) async throws -> RegistryError {
            try await withRegistry(script) { registry, peer in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().write(BlobContent(blob), heldBy: nil)
                }
                if let requests { #expect(peer.requests.filter { $0.path != "/v2/" }.map(\.method) == requests) }
                return error
            }
        }

        @Test func `a blob that is there, or mounted, is not sent`() async throws {
            let blob = blob
            try await withRegistry { _ in
                PeerReply(201, headers: [("Docker-Content-Digest", "\(blob.descriptor.digest)")])
            } _: { registry, peer in
                let app = try registry.app()
                let sibling = try RepositoryName("team/base")
                #expect(try await app.write(BlobContent(blob), heldBy: nil) == .present)
                #expect(try await app.write(BlobContent(blob), heldBy: sibling) == .mounted)
                #expect(peer.requests.map(\.method) == ["POST", "POST"])
            }
        }

        @Test func `a blob that is named by SHA-512 is not mounted, since registries confirm that and do not have it`()
            async throws
        {
            let blob = BuiltBlob(blob.bytes, algorithm: .sha512)
            try await withRegistry { request in
                .uploads(request)
            } _: { registry, peer in
                let sibling = try RepositoryName("team/base")
                #expect(try await registry.app().write(BlobContent(blob), heldBy: sibling) == .copied)
                #expect(peer.requests.allSatisfy { $0.query("from") != "team/base" })
                #expect(peer.requests.last?.query("digest") == "\(blob.descriptor.digest)")
            }
        }

        @Test(arguments: [400, 404, 405, 501])
        func `a registry that refuses a mount is not asked for one again`(_ status: Int) async throws {
            let blob = blob
            try await withRegistry { request in
                request.query("mount") == nil ? .uploads(request) : .error(status, "UNSUPPORTED")
            } _: { registry, peer in
                let app = try registry.app()
                let sibling = try RepositoryName("team/base")
                #expect(try await app.write(BlobContent(blob), heldBy: sibling) == .copied)
                #expect(try await app.write(BlobContent(blob), heldBy: sibling) == .copied)
                #expect(peer.requests.map(\.method) == ["POST", "HEAD", "POST", "PUT", "HEAD", "POST", "PUT"])
                #expect(peer.requests[2].uri == "/v2/team/app/blobs/uploads/")
            }
        }

        @Test(arguments: [
            ("/u/1?_state=a%2Fb%3D%3D&x", "/u/1?_state=a%2Fb%3D%3D&x&digest="),
            ("/u/1", "/u/1?digest="), ("/u/1?", "/u/1?digest="), ("1?a=b", "/v2/team/app/blobs/uploads/1?a=b&digest="),
            ("?a=b", "/v2/team/app/blobs/uploads/?a=b&digest="),
            ("http://HOST/u/1?a=b", "/u/1?a=b&digest="), ("//HOST/u/1", "/u/1?digest="),
            ("/u/a~b!c$d'e(f)g*h,i;j:k@l+m=n", "/u/a~b!c$d'e(f)g*h,i;j:k@l+m=n?digest="),
            ("/u/%41%7e%2F%2e%2E?%41=%7E", "/u/%41%7e%2F%2e%2E?%41=%7E&digest="),
            ("/u//1", "/u//1?digest="),
            ("/u/1?s=a+b/c?d:e@f,g;h!i$j'k(l)m*n", "/u/1?s=a+b/c?d:e@f,g;h!i$j'k(l)m*n&digest="),
        ])
        func `a Location is used as it is written, and the digest appended`(
            _ location: String,
            _ expected: String
        ) async throws {
            let blob = blob
            try await withRegistry { request in
                let location = location.replacing("HOST", with: request.header("host") ?? "")
                return request.method == "POST" ? PeerReply(202, headers: [("Location", location)]) : PeerReply(201)
            } _: { registry, peer in
                let arrival = try await registry.app().write(BlobContent(blob), heldBy: nil)
                #expect(arrival == .copied)
                #expect(peer.requests.last?.uri == "\(expected)\(blob.descriptor.digest)")
                #expect(peer.requests.last?.body == blob.bytes)
            }
        }

        @Test func `S07 a Location of another host is refused, and nothing is sent there`() async throws {
            let opened = Shared(0)
            let blob = blob
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                PeerReply(201)
            } _: { other in
                for location in ["http://\(other.host)/u/1", "//\(other.host)/u/1", "https://registry.example/u/1"] {
                    try await withRegistry { _ in
                        PeerReply(202, headers: [("Location", location)])
                    } _: { registry, peer in
                        let source = StubSource {
                            opened.change { $0 += 1 }
                            return ByteStream(ByteBuffer(bytes: blob.bytes))
                        }
                        let error = try await #require(throws: RegistryError.self) {
                            try await registry.app().write(BlobContent(blob.descriptor, from: source), heldBy: nil)
                        }
                        #expect(error.refusal?.reason == .otherOrigin)
                        #expect(error.refusal?.purpose == .upload)
                        #expect(!error.isTransient)
                        #expect(peer.requests.map(\.method) == ["POST"])
                    }
                }
                #expect(other.connections == 0)
                #expect(opened.value == 0)
            }
        }

        @Test(arguments: [PeerReply(202), PeerReply(202, headers: [("Location", "")])])
        func `a session without a place is an error`(_ reply: PeerReply) async throws {
            let error = try await failure({ _ in reply }, requests: ["POST"])
            #expect(error.complaint != nil || error.refusal?.reason == .malformed)
        }

        @Test(arguments: [401, 403, 413, 429, 500])
        func `a start that is refused keeps its status and codes, and opens no source`(_ status: Int) async throws {
            let opened = Shared(0)
            let descriptor = blob.descriptor
            try await withRegistry { _ in
                .error(status, "DENIED", "quota", headers: [("Retry-After", "0")])
            } _: { registry, peer in
                let source = StubSource {
                    opened.change { $0 += 1 }
                    throw Broken()
                }
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().write(BlobContent(descriptor, from: source), heldBy: nil)
                }
                #expect(error.status == status)
                #expect(error.codes == ["DENIED"])
                #expect(error.action == .startUpload)
                #expect(error.subject == "team/app@\(descriptor.digest)")
                #expect(peer.requests.filter { $0.path != "/v2/" }.map(\.method) == ["POST"])
            }
            #expect(opened.value == 0)
        }

        @Test(arguments: [401, 403, 413, 416, 429, 500])
        func `an upload that is refused keeps its status and codes`(_ status: Int) async throws {
            let error = try await failure(
                { request in
                    request.method == "POST"
                        ? .session : .error(status, "SIZE_INVALID", headers: [("Retry-After", "0")])
                },
                requests: ["POST", "PUT"]
            )
            #expect(error.status == status)
            #expect(error.codes == ["SIZE_INVALID"])
            #expect(error.action == .upload)
            #expect(error.retryAfter == .zero)
        }

        @Test(arguments: [401, 403, 507])
        func `an upload that is refused before it was read keeps its status and codes`(_ status: Int) async throws {
            let content = try await BlobContent.repeating(1, count: 32 << 20)
            try await withRegistry { request in
                .uploads(request)
            } early: { request in
                request.method == "PUT" ? .error(status, "DENIED") : nil
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().write(content, heldBy: nil)
                }
                #expect(error.status == status)
                #expect(error.codes == ["DENIED"])
            }
        }

        @Test func `an upload that is confirmed before it was read is not believed`() async throws {
            let content = try await BlobContent.repeating(1, count: 64 << 20)
            try await withRegistry { request in
                .uploads(request)
            } early: { request in
                request.method == "PUT" ? PeerReply(201) : nil
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().write(content, heldBy: nil)
                }
                #expect(error.complaint?.contains("before all bytes") == true)
                #expect(error.action == .upload)
            }
        }

        @Test func `an upload that is confirmed as another blob has not arrived`() async throws {
            let other = BuiltBlob([1]).descriptor.digest
            let headers = [(name: "Docker-Content-Digest", value: "\(other)")]
            let error = try await failure({ request in
                request.method == "POST" ? .session : PeerReply(201, headers: headers)
            })
            #expect(error.complaint?.contains("\(other)") == true)
            let mount = try await failure({ _ in PeerReply(201, headers: headers) }, requests: ["POST"])
            #expect(mount.complaint?.contains("\(other)") == true)
            let find = try await failure(
                { request in
                    request.method == "POST" ? PeerReply(405) : PeerReply(200, headers: headers)
                },
                requests: ["POST", "HEAD"]
            )
            #expect(find.complaint?.contains("\(other)") == true)
        }

        @Test func `a confirmation by a digest of another kind stands`() async throws {
            let long = Digester.digest(of: blob.bytes, algorithm: .sha512)
            let blob = blob
            try await withRegistry { request in
                request.method == "POST"
                    ? .session : PeerReply(201, headers: [("Docker-Content-Digest", "\(long)")])
            } _: { registry, _ in
                let arrival = try await registry.app().write(BlobContent(blob), heldBy: nil)
                #expect(arrival == .copied)
            }
        }

        @Test(arguments: ["DIGEST_INVALID", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN"])
        func `F19 a session that was lost is begun again`(_ code: String) async throws {
            let (blob, count) = (blob, Shared(0))
            try await withRegistry { request in
                guard request.method == "PUT" else { return .uploads(request) }
                let isFirst = count.change {
                    $0 += 1; return $0 == 1
                }
                return isFirst ? .error(code == "DIGEST_INVALID" ? 400 : 404, code) : PeerReply(201)
            } _: { registry, peer in
                let sink = RetryingEndpoint(registry.endpoint(), policy: .quick).sink(try RepositoryName("team/app"))
                #expect(try await sink.write(BlobContent(blob), heldBy: nil) == .copied)
                #expect(peer.requests.map(\.method) == ["POST", "PUT", "POST", "PUT"])
                #expect(peer.requests.last?.body == blob.bytes)
            }
        }

        @Test func `a source that breaks is to be blamed, and the upload is never completed`() async throws {
            let size: Int64 = 8 << 20
            let descriptor = try await Descriptor.repeating(1, count: size)
            let source = StubSource {
                ByteStream(range: 0..<size) {
                    var iterator = ByteStream.repeating(1, count: size / 2).makeAsyncIterator()
                    return {
                        guard let buffer = try await iterator.next() else { throw Broken() }
                        return buffer
                    }
                }
            }
            try await withRegistry { request in
                .uploads(request)
            } _: { registry, peer in
                let error = try await #require(throws: SideFailure.self) {
                    try await registry.app().write(BlobContent(descriptor, from: source), heldBy: nil)
                }
                #expect(error.side == .source)
                #expect(error.underlying is Broken)
                // The peer notices a connection that is broken off a little later.
                try await waitUntil { peer.requests.last?.method == "PUT" }
                let put = try #require(peer.requests.last)
                #expect(put.header("content-length") == "\(size)")
                #expect(put.bodyLength < size / 2)
                #expect(!put.isComplete)
            }
        }

        @Test func `a source of other bytes is to be blamed, and its last bytes are never sent`() async throws {
            let size: Int64 = 1 << 20
            let descriptor = try await Descriptor.repeating(1, count: size)
            try await withRegistry { request in
                .uploads(request)
            } _: { registry, peer in
                let error = try await #require(throws: SideFailure.self) {
                    let source = StubSource { .repeating(2, count: size) }
                    return try await registry.app().write(BlobContent(descriptor, from: source), heldBy: nil)
                }
                guard case .wrongDigest(let expected, _)? = error.underlying as? ContentError else {
                    Issue.record("\(error)")
                    return
                }
                #expect(expected == descriptor.digest)
                try await waitUntil { peer.requests.count == 2 }
                let put = try #require(peer.requests.last)
                #expect(put.bodyLength <= size - (256 << 10))
                #expect(!put.isComplete)
            }
        }

        @Test func `a source that cannot be opened is to be blamed`() async throws {
            let descriptor = blob.descriptor
            try await withRegistry { request in
                .uploads(request)
            } _: { registry, peer in
                let error = try await #require(throws: SideFailure.self) {
                    let source = StubSource { throw ContentError.missing(descriptor.digest) }
                    return try await registry.app().write(BlobContent(descriptor, from: source), heldBy: nil)
                }
                #expect(error.underlying as? ContentError == .missing(descriptor.digest))
                #expect(peer.requests.map(\.method) == ["POST"])
            }
        }

        @Test func `an upload that is cancelled throws, and gives its place back`() async throws {
            let blob = blob
            let content = try await BlobContent.repeating(1, count: 64 << 20)
            let one = RegistryLimits(requests: 1, idleTimeout: .seconds(20))
            try await withRegistry(limits: one) { request in
                .uploads(request)
            } early: { request in
                request.header("content-length") == "\(64 << 20)"
                    ? PeerReply(fault: .stopReading(afterBodyBytes: 1 << 20)) : nil
            } _: { registry, peer in
                let app = try registry.app()
                let upload = Task { try await app.write(content, heldBy: nil) }
                try await waitUntil { peer.requests.last.map { $0.bodyLength > 0 } == true }
                upload.cancel()
                await #expect(throws: CancellationError.self) { try await upload.value }
                #expect(try await app.write(BlobContent(blob), heldBy: nil) == .copied)
            }
        }
    }
}
