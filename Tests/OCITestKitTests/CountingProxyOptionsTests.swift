// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import OCITestKit
import Synchronization
import Testing

@Suite struct CountingProxyOptionsTests {
    @Test func `a latency is felt twice by a round trip, and changes no byte`() async throws {
        let size: Int64 = 32 << 20
        try await withScriptedPeer { request in
            PeerReply(headers: [("X-Length", "\(request.bodyLength)")], body: .stream(.repeating(7, count: size)))
        } _: { peer in
            try await withCountingProxy(port: peer.port, options: .init(latency: .milliseconds(100))) { proxy in
                let start = ContinuousClock.now
                let reply = try await PlainHTTP.request(
                    "PUT",
                    proxy.host,
                    "/",
                    body: Array(repeating: 1, count: 500_000)
                )
                #expect(ContinuousClock.now - start >= .milliseconds(200))
                #expect(reply.header("x-length") == "500000")
                #expect(reply.body.count == size)
                #expect(Set(reply.body) == [7])
            }
        }
    }

    @Test func `with a latency, an answer that only the end of its connection ends arrives whole`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(headers: [("Connection", "close")], body: .bytes(Array(repeating: 3, count: 100_000)))
        } _: { peer in
            try await withCountingProxy(port: peer.port, options: .init(latency: .milliseconds(30))) { proxy in
                let reply = try await PlainHTTP.request("GET", proxy.host, "/")
                #expect(reply.body.count == 100_000)
            }
        }
    }

    @Test func `a rate holds for each connection in each direction`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(body: .bytes(Array(repeating: 3, count: 100_000)))
        } _: { peer in
            let options = CountingProxy.Options(bytesPerSecondPerConnection: 200_000)
            try await withCountingProxy(port: peer.port, options: options) { proxy in
                let start = ContinuousClock.now
                let reply = try await PlainHTTP.request(
                    "PUT",
                    proxy.host,
                    "/",
                    body: Array(repeating: 1, count: 60_000)
                )
                #expect(ContinuousClock.now - start >= .milliseconds(800))
                #expect(reply.body.count == 100_000)
            }
        }
    }

    @Test func `a manifest for a tag is shown before the registry gets it`() async throws {
        let shown = Mutex<[String]>([])
        try await withScriptedPeer { request in
            shown.withLock { $0.append("registry \(request.method) \(request.uri)") }
            return PeerReply(201)
        } _: { peer in
            let options = CountingProxy.Options { repository, tag, bytes in
                shown.withLock { $0.append("hook \(repository) \(tag) \(bytes.count)") }
            }
            try await withCountingProxy(port: peer.port, options: options) { proxy in
                let digest = "sha256:\(String(repeating: "0", count: 64))"
                for (method, reference) in [("PUT", digest), ("PUT", "v1"), ("GET", "v1")] {
                    let uri = "/v2/a/b/manifests/\(reference)"
                    let body: [UInt8] = method == "PUT" ? Array(repeating: 1, count: 70_000) : []
                    let reply = try await PlainHTTP.request(method, proxy.host, uri, body: body)
                    #expect(reply.status == 201)
                }
                #expect(
                    shown.withLock { $0 } == [
                        "registry PUT /v2/a/b/manifests/\(digest)", "hook a/b v1 70000",
                        "registry PUT /v2/a/b/manifests/v1", "registry GET /v2/a/b/manifests/v1",
                    ]
                )
                #expect(peer.requests.map(\.bodyLength) == [70_000, 70_000, 0])
                #expect(proxy.exchanges.map(\.requestBytes) == [70_000, 70_000, 0])
                #expect(proxy.exchanges.map(\.kind) == [.manifest, .manifest, .manifest])
                let long = Array(repeating: UInt8(1), count: 4 << 20 | 1)
                let reply = try await PlainHTTP.request("PUT", proxy.host, "/v2/a/manifests/v1", body: long)
                #expect(reply.status == 413)
            }
        }
    }
}
