// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

@Suite struct ProxyFaultsTests {
    private static let answer = (0..<1000).map { UInt8($0 % 251) }

    /// Runs a proxy that does one harm to all requests, in front of a peer that answers with a thousand bytes.
    private func withHarm(
        _ faults: ProxyFaults,
        _ body: (_ proxy: CountingProxy, _ peer: ScriptedPeer) async throws -> Void
    ) async throws {
        try await withScriptedPeer { _ in
            PeerReply(200, headers: [("X-One", "1")], body: .bytes(Self.answer))
        } _: { peer in
            try await withCountingProxy(port: peer.port, onRequest: { _ in .pass(faults) }) { proxy in
                try await body(proxy, peer)
            }
        }
    }

    private func put(_ proxy: CountingProxy, _ count: Int = 100_000) async throws -> PlainHTTP.Reply {
        let body = (0..<count).map { UInt8($0 % 251) }
        return try await PlainHTTP.request("PUT", proxy.host, "/v2/x", body: body)
    }

    @Test(arguments: [PeerReply.Cut.reset, .finish], [0, 1, 65_536, 99_999] as [Int64])
    func `the body of a request is cut after exactly so many bytes`(cut: PeerReply.Cut, bytes: Int64) async throws {
        try await withHarm(.cutRequest(after: bytes, by: cut)) { proxy, peer in
            await #expect(throws: (any Error).self) { try await put(proxy) }
            try await eventually { peer.requests.first?.bodyLength == bytes }
            let request = try #require(peer.requests.first)
            #expect(request.bodyLength == bytes)
            #expect(!request.isComplete)
            let exchange = try #require(proxy.exchanges.first)
            #expect(exchange.requestBytes == bytes)
            #expect(exchange.status == nil)
            #expect(!exchange.isComplete)
        }
    }

    @Test(arguments: [PeerReply.Cut.reset, .finish], [0, 1, 999] as [Int64])
    func `the body of an answer is cut after exactly so many bytes`(cut: PeerReply.Cut, bytes: Int64) async throws {
        try await withHarm(.cutResponse(after: bytes, by: cut)) { proxy, _ in
            let error = await #expect(throws: PlainHTTP.Incomplete.self) { try await put(proxy, 10) }
            #expect(error?.reply?.status == 200)
            #expect(error?.reply?.body == Array(Self.answer.prefix(Int(bytes))))
            #expect(proxy.exchanges.map(\.responseBytes) == [bytes])
            #expect(proxy.exchanges.map(\.requestBytes) == [10])
        }
    }

    @Test func `an answer is lost though the registry gave it`() async throws {
        try await withHarm(.cutResponse(after: nil)) { proxy, peer in
            await #expect(throws: (any Error).self) { try await put(proxy) }
            #expect(peer.requests.map(\.isComplete) == [true])
            #expect(proxy.tally.statuses == [200: 1])
            #expect(proxy.exchanges.map(\.status) == [nil])
        }
    }

    @Test func `a body that is shorter than the place of its cut passes`() async throws {
        try await withHarm(.cutRequest(after: 100_001).and(.cutResponse(after: 1001))) { proxy, peer in
            let reply = try await put(proxy)
            #expect(reply.body == Self.answer)
            #expect(peer.requests.map(\.bodyLength) == [100_000])
        }
    }

    @Test(arguments: [0, 70_000, 99_999] as [Int64])
    func `one bit of a request is turned over`(byte: Int64) async throws {
        try await withHarm(.flipRequest(byte: byte, bit: 3)) { proxy, peer in
            _ = try await put(proxy)
            let sent = (0..<100_000).map { UInt8($0 % 251) }
            let received = try #require(peer.requests.first).body
            let changed = zip(sent, received).enumerated().filter { $0.element.0 != $0.element.1 }
            #expect(received.count == sent.count)
            #expect(changed.map { Int64($0.offset) } == [byte])
            #expect(changed.map { $0.element.0 ^ $0.element.1 } == [8])
        }
    }

    @Test(arguments: [0, 500, 999]) func `one bit of an answer is turned over`(byte: Int) async throws {
        try await withHarm(.flipResponse(byte: Int64(byte), bit: 7)) { proxy, _ in
            var expected = Self.answer
            expected[byte] ^= 128
            let reply = try await put(proxy)
            #expect(reply.body == expected)
        }
    }

    @Test func `status and header fields are changed`() async throws {
        let faults = ProxyFaults.replaceStatus(500).and(.setField("X-One", nil)).and(.setField("Retry-After", "3"))
        try await withHarm(faults) { proxy, _ in
            let reply = try await put(proxy)
            #expect(reply.status == 500)
            #expect(reply.header("x-one") == nil)
            #expect(reply.header("retry-after") == "3")
            #expect(reply.body == Self.answer)
            // What the registry said, and what the client heard.
            #expect(proxy.tally.statuses == [200: 1])
            #expect(proxy.exchanges.map(\.status) == [500])
        }
    }

    @Test(arguments: [
        (ProxyFaults.throttleRequest(bytesPerSecond: 250_000), 400), (.throttleResponse(bytesPerSecond: 2500), 400),
        (.delayForwarding(.milliseconds(300)), 300), (.delayAnswer(.milliseconds(300)), 300),
        (.throttleResponse(bytesPerSecond: 2500).and(.delayAnswer(.milliseconds(200))), 600),
    ])
    func `what is slowed down takes no less time than it must`(faults: ProxyFaults, milliseconds: Int) async throws {
        try await withHarm(faults) { proxy, _ in
            let start = ContinuousClock.now
            let reply = try await put(proxy)
            #expect(reply.body == Self.answer)
            #expect(ContinuousClock.now - start >= .milliseconds(milliseconds))
        }
    }

    @Test(
        arguments: [
            (ProxyFaults.hangRequest(after: 5000), 5000, 0), (.hangRequest(after: nil), nil, 0),
            (.hangResponse(after: 10), 100_000, 10), (.hangResponse(after: nil), 100_000, 0), (.drop, nil, 0),
        ] as [(ProxyFaults, Int64?, Int64)]
    )
    func `what hangs stays silent until the client ends it`(
        faults: ProxyFaults,
        requestBytes: Int64?,
        responseBytes: Int64
    ) async throws {
        try await withHarm(faults) { proxy, peer in
            let client = try await RawConnection.open(proxy.host)
            await client.send("PUT /v2/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
            await client.send(Array(repeating: 1, count: 100_000))
            try await eventually {
                let exchange = proxy.exchanges.first
                return exchange?.responseBytes == responseBytes && exchange?.requestBytes == requestBytes ?? 0
            }
            #expect(!client.received.isClosed)
            try await eventually { peer.requests.count == (requestBytes == nil ? 0 : 1) }
            await client.close()
        }
    }
}
