// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    @Suite struct RedirectTests {
        private let blob = BuiltBlob(Array("a layer".utf8))

        private func redirect(_ status: Int = 307, to location: String) -> PeerReply {
            PeerReply(
                status,
                headers: [("Location", location), ("Set-Cookie", "a=b")],
                body: .bytes(Array("moved".utf8))
            )
        }

        @Test(arguments: [301, 302, 303, 307, 308])
        func `S05 a blob is read where a redirect leads, without what is meant for the registry`(
            _ status: Int
        ) async throws {
            let blob = blob
            try await withScriptedPeer(address: "127.0.0.2") { request in
                guard request.header("range") != nil else { return PeerReply(body: .bytes(blob.bytes)) }
                return PeerReply(
                    206,
                    headers: [("Content-Range", "bytes 2-6/7")],
                    body: .bytes(Array(blob.bytes[2...]))
                )
            } _: { other in
                try await withRegistry { _ in
                    redirect(status, to: "http://\(other.host)/bucket/x?X-Signature=a%2Fb%3D")
                } _: { registry, peer in
                    let app = try registry.app()
                    #expect(try await app.blob(blob.descriptor, from: 0).collected() == blob.bytes)
                    #expect(try await app.blob(blob.descriptor, from: 2).range == 2..<7)
                    #expect(try await app.contains(blob.descriptor))
                    #expect(peer.requests.count == 3)
                    #expect(peer.connections == 1)
                }
                #expect(other.requests.map(\.method) == ["GET", "GET", "HEAD"])
                #expect(other.requests.map { $0.header("range") } == [nil, "bytes=2-", nil])
                for request in other.requests {
                    #expect(request.uri == "/bucket/x?X-Signature=a%2Fb%3D")
                    #expect(request.header("host") == other.host)
                    #expect(request.header("authorization") == nil)
                    #expect(request.header("cookie") == nil)
                    #expect(request.header("referer") == nil)
                }
            }
        }

        @Test func `a redirect inside the registry is followed, also for manifests`() async throws {
            let manifest = try ImageBuilder.manifest(config: blob.descriptor, layers: [])
            try await withRegistry { request in
                request.path == "/moved" ? .manifest(manifest) : redirect(to: "/moved?x=1")
            } _: { registry, peer in
                let document = try await registry.app().document(at: .tag(.latest))
                #expect(document == manifest)
                #expect(peer.requests.map(\.uri) == ["/v2/team/app/manifests/latest", "/moved?x=1"])
                #expect(peer.requests.last?.header("accept")?.contains("index") == true)
            }
        }

        @Test func `an address of the storage that is over is asked for again at the registry`() async throws {
            let blob = blob
            let given = Shared(0)
            try await withScriptedPeer(address: "127.0.0.2") { request in
                request.query("number") == "1" ? PeerReply(403) : PeerReply(body: .bytes(blob.bytes))
            } _: { storage in
                try await withRegistry { _ in
                    redirect(to: "http://\(storage.host)/x?number=\(given.change { $0 += 1; return $0 })")
                } _: { registry, _ in
                    let source = RetryingSource(try registry.app(), policy: .quick)
                    #expect(try await source.blob(blob.descriptor, from: 0).collected() == blob.bytes)
                    #expect(given.value == 2)
                }
            }
        }

        @Test func `ten redirects are followed, and not one more`() async throws {
            let blob = blob
            for (length, isFollowed) in [(10, true), (11, false)] {
                try await withRegistry { request in
                    let step = request.query("step").flatMap { Int($0) } ?? 0
                    return step == length ? PeerReply(body: .bytes(blob.bytes)) : redirect(to: "/x?step=\(step + 1)")
                } _: { registry, peer in
                    let app = try registry.app()
                    if isFollowed {
                        #expect(try await app.blob(blob.descriptor, from: 0).collected() == blob.bytes)
                    } else {
                        let error = try await #require(throws: RegistryError.self) {
                            try await app.blob(blob.descriptor, from: 0)
                        }
                        #expect(error.refusal?.reason == .tooManyRedirects)
                        #expect(!error.isTransient)
                    }
                    #expect(peer.requests.count == 11)
                }
            }
        }

        @Test func `a redirect in a circle ends`() async throws {
            try await withRegistry { _ in
                redirect(to: "?")
            } _: { registry, peer in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().contains(blob.descriptor)
                }
                #expect(error.refusal?.reason == .tooManyRedirects)
                #expect(peer.requests.count == 11)
            }
        }

        @Test func `a redirect without a Location is an answer of no use`() async throws {
            try await withRegistry { _ in
                PeerReply(307)
            } _: { registry, _ in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().contains(blob.descriptor)
                }
                #expect(error.status == 307)
            }
        }

        @Test(arguments: [
            "http://169.254.169.254/latest", "http://10.0.0.1/", "http://0.0.0.0:1/", "http://0x7f000001/",
            "gopher://127.0.0.1/",
        ])
        func `S02 a redirect into another part of the address space is refused`(_ location: String) async throws {
            try await withRegistry { _ in
                redirect(to: location)
            } _: { registry, peer in
                let error = try await #require(throws: RegistryError.self) {
                    try await registry.app().blob(blob.descriptor, from: 0)
                }
                #expect(error.refusal?.purpose == .redirect)
                #expect(!error.isTransient)
                #expect(peer.requests.count == 1)
            }
        }

        @Test(arguments: [301, 302, 303, 307, 308])
        func `a redirect of a write is not followed, wherever it leads`(_ status: Int) async throws {
            let blob = blob
            let manifest = try ImageBuilder.manifest(config: blob.descriptor, layers: [])
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                PeerReply(201)
            } _: { other in
                for location in ["http://\(other.host)/x", "/x"] {
                    try await withRegistry { request in
                        request.method == "POST" && request.query("mount") != nil
                            ? .session : redirect(status, to: location)
                    } _: { registry, peer in
                        let app = try registry.app()
                        let upload = try await #require(throws: RegistryError.self) {
                            try await app.write(BlobContent(blob), heldBy: nil)
                        }
                        #expect(upload.complaint?.contains("redirect") == true)
                        let put = try await #require(throws: RegistryError.self) { try await app.write(manifest) }
                        #expect(put.complaint?.contains("redirect") == true)
                        #expect(peer.requests.map(\.method) == ["POST", "PUT", "PUT"])
                    }
                }
                #expect(other.connections == 0)
            }
        }

        /// Asks the client for other hosts by itself.
        ///
        /// The whole way of a redirect to such an address cannot be gone on loopback: a registry of a test is itself on
        /// loopback, and may lead to its like. This registry was never reached, and so stands for one on the internet
        /// whose redirect names a host that resolves to this machine.
        @Test func `S03 a name that leads to this machine is refused when it is dialled`() async throws {
            let origin = RequestURL.Origin(scheme: .http, host: try RegistryHost("registry.example"))
            try await withScriptedPeer { _ in
                PeerReply(200)
            } _: { peer in
                let clients = ClientSet(
                    policy: OutboundPolicy(origin: origin),
                    limits: .patient,
                    addresses: ["cdn.example": "127.0.0.1"]
                )
                let target = RequestURL.Origin(scheme: .http, host: try RegistryHost("cdn.example:\(peer.port)"))
                let error = await #expect(throws: (any Error).self) {
                    try await clients.client(for: target, .reading)
                        .execute(
                            HTTPClientRequest(url: "http://cdn.example:\(peer.port)/secret"),
                            timeout: .seconds(5)
                        )
                }
                try await clients.shutdown()
                #expect(peer.requests.isEmpty)
                let failure = error.map { ConnectionFailure($0, idleTimeout: .zero) }
                #expect(failure == .forbiddenAddress(.loopback))
            }
        }

        @Test func `S03 a registry on this machine may lead to a name that leads here`() async throws {
            let blob = blob
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                PeerReply(body: .bytes(blob.bytes))
            } _: { other in
                try await withScriptedPeer { _ in
                    redirect(to: "http://cdn.example:\(other.port)/x")
                } _: { peer in
                    try await withRegistry(at: peer.host, addresses: ["cdn.example": "127.0.0.2"]) { registry in
                        let bytes = try await registry.app().blob(blob.descriptor, from: 0).collected()
                        #expect(bytes == blob.bytes)
                        #expect(other.requests.first?.header("host") == "cdn.example:\(other.port)")
                    }
                }
            }
        }

        @Test func `S03 a registry that is named may lead to an address of the kind at which it was reached`()
            async throws
        {
            let blob = blob
            try await withScriptedPeer(address: "127.0.0.2") { _ in
                PeerReply(body: .bytes(blob.bytes))
            } _: { other in
                try await withScriptedPeer { _ in
                    redirect(to: "http://\(other.host)/x")
                } _: { peer in
                    try await withRegistry(
                        at: "registry.example:\(peer.port)",
                        addresses: ["registry.example": "127.0.0.1"]
                    ) { registry in
                        let bytes = try await registry.app().blob(blob.descriptor, from: 0).collected()
                        #expect(bytes == blob.bytes)
                    }
                }
            }
        }
    }
}
