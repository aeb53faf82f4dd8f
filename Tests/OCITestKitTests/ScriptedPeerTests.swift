// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import OCITestKit
import Testing

@Suite struct ScriptedPeerTests {
    @Test func `answers as it is told and records what it was asked`() async throws {
        try await withScriptedPeer { request in
            .text(201, request.query("from") ?? "-", headers: [("X-Length", "\(request.bodyLength)")])
        } _: { peer in
            let reply = try await PlainHTTP.request(
                "POST",
                peer.host,
                "/v2/a/blobs/uploads/?mount=x&from=b%2Fc",
                fields: [("X-A", "1")],
                body: [1, 2, 3]
            )
            #expect(reply.status == 201)
            #expect(reply.body == Array("b/c".utf8))
            #expect(reply.header("x-length") == "3")
            #expect(peer.connections == 1)
            let request = try #require(peer.requests.first)
            #expect(request.method == "POST")
            #expect(request.path == "/v2/a/blobs/uploads/")
            #expect(request.header("x-a") == "1")
            #expect(request.body == [1, 2, 3])
            #expect(request.isComplete)
        }
    }

    @Test func `keeps no more than the start of a long body`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(201)
        } _: { peer in
            _ = try await PlainHTTP.request("PUT", peer.host, "/", body: Array(repeating: 7, count: 3 << 20))
            let request = try #require(peer.requests.first)
            #expect(request.bodyLength == 3 << 20)
            #expect(request.body.count == PeerRequest.keptBodySize)
        }
    }

    @Test func `states the length of a body that HEAD leaves away`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(body: .bytes([1, 2, 3]))
        } _: { peer in
            let reply = try await PlainHTTP.request("HEAD", peer.host, "/")
            #expect(reply.header("content-length") == "3")
            #expect(reply.body.isEmpty)
        }
    }

    @Test func `makes long bodies while it sends them, also without a length`() async throws {
        let body = PeerReply.Body.stream(.repeating(9, count: 5_000_001))
        try await withScriptedPeer { request in
            PeerReply(body: body, framing: request.path == "/chunked" ? .chunked : .exact)
        } _: { peer in
            let chunked = try await PlainHTTP.request("GET", peer.host, "/chunked")
            #expect(chunked.body.count == 5_000_001)
            #expect(chunked.header("content-length") == nil)
            let exact = try await PlainHTTP.request("GET", peer.host, "/exact")
            #expect(exact.body.count == 5_000_001)
            #expect(exact.header("content-length") == "5000001")
        }
    }

    @Test(arguments: [PeerReply.Cut.reset, .finish])
    func `cuts an answer after a number of bytes`(cut: PeerReply.Cut) async throws {
        let reply = PeerReply(body: .stream(.repeating(1, count: 1000))).failing(.cut(afterBodyBytes: 400, by: cut))
        try await withScriptedPeer { _ in
            reply
        } _: { peer in
            let error = try await #require(throws: PlainHTTP.Incomplete.self) {
                try await PlainHTTP.request("GET", peer.host, "/")
            }
            // A reset may overtake what was sent before it.
            let count = error.reply?.body.count ?? 0
            #expect(cut == .reset ? count <= 400 : count == 400)
        }
    }

    @Test func `cuts before the head`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(fault: .cut(afterBodyBytes: nil, by: .reset))
        } _: { peer in
            let error = try await #require(throws: PlainHTTP.Incomplete.self) {
                try await PlainHTTP.request("GET", peer.host, "/")
            }
            #expect(error.reply == nil)
        }
    }

    @Test func `hangs until it is stopped`() async throws {
        let peer = try await ScriptedPeer.start { _ in PeerReply(fault: .hang(afterBodyBytes: nil)) }
        let reply = Task { try await PlainHTTP.request("GET", peer.host, "/") }
        while peer.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        await peer.stop()
        await #expect(throws: PlainHTTP.Incomplete.self) { try await reply.value }
    }

    @Test func `answers before it reads the body`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(201)
        } early: { _ in
            PeerReply(413)
        } _: { peer in
            let reply = try await PlainHTTP.request("PUT", peer.host, "/", body: Array(repeating: 1, count: 1 << 20))
            #expect(reply.status == 413)
        }
    }

    @Test func `reads no further than it is told`() async throws {
        let peer = try await ScriptedPeer.start { _ in
            PeerReply(201)
        } early: { _ in
            PeerReply(fault: .stopReading(afterBodyBytes: 100_000))
        }
        let size = 64 << 20
        let reply = Task {
            try await PlainHTTP.request("PUT", peer.host, "/", body: Array(repeating: 1, count: size))
        }
        while peer.requests.first.map({ $0.bodyLength < 100_000 }) ?? true {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await Task.sleep(for: .milliseconds(200))
        #expect(try #require(peer.requests.first).bodyLength < 1 << 20)
        #expect(try #require(peer.requests.first).isComplete == false)
        await peer.stop()
        await #expect(throws: (any Error).self) { try await reply.value }
    }

    @Test func `listens on another loopback address as another origin`() async throws {
        try await withScriptedPeer(address: "127.0.0.2") { _ in
            PeerReply(204)
        } _: { peer in
            #expect(peer.host.hasPrefix("127.0.0.2:"))
            let reply = try await PlainHTTP.request("GET", peer.host, "/")
            #expect(reply.status == 204)
        }
    }

    @Test func `cuts a request before its body has come`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(201)
        } early: { _ in
            PeerReply(fault: .cutRequest(afterBodyBytes: 1 << 20, by: .reset))
        } _: { peer in
            await #expect(throws: (any Error).self) {
                try await PlainHTTP.request("PUT", peer.host, "/", body: Array(repeating: 1, count: 16 << 20))
            }
            let request = try #require(peer.requests.first)
            #expect(request.bodyLength >= 1 << 20)
            #expect(request.bodyLength < 4 << 20)
        }
    }

    @Test func `waits before it answers`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(204, delay: .milliseconds(150))
        } _: { peer in
            let begin = ContinuousClock.now
            _ = try await PlainHTTP.request("GET", peer.host, "/")
            #expect(ContinuousClock.now - begin >= .milliseconds(150))
        }
    }

    @Test func `states a length that is not that of the body`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(body: .bytes([1, 2, 3]), framing: .contentLength(5), closesSilently: true)
        } _: { peer in
            let error = try await #require(throws: PlainHTTP.Incomplete.self) {
                try await PlainHTTP.request("GET", peer.host, "/")
            }
            #expect(error.reply?.header("content-length") == "5")
            #expect(error.reply?.body == [1, 2, 3])
        }
    }
}

extension ProcessTests {
    @Suite struct ScriptedPeerWithCurlTests {
        @Test(arguments: [(false, 1), (true, 2)])
        func `keeps a connection for the next request, or closes it without a word`(
            closes: Bool,
            connections: Int
        ) async throws {
            try await withScriptedPeer { _ in
                PeerReply(body: .bytes([65]), closesSilently: closes)
            } _: { peer in
                let url = "http://\(peer.host)/x"
                let result = try await ChildProcess.run("curl", ["-sSi", url, url])
                #expect(result.succeeded)
                #expect(!result.outputText.lowercased().contains("connection:"))
                #expect(peer.requests.count == 2)
                #expect(peer.connections == connections)
            }
        }

        @Test func `lets curl send a large body at once`() async throws {
            try await withScriptedPeer { request in
                .text(201, "\(request.bodyLength)")
            } _: { peer in
                let result = try await ChildProcess.run(
                    "/bin/sh",
                    ["-c", "head -c 5000000 /dev/zero | curl -sS --expect100-timeout 30 -T - http://\(peer.host)/x"]
                )
                #expect(result.outputText == "5000000")
                #expect(result.wallTime < .seconds(25))
            }
        }
    }
}
