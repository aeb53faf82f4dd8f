// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

@Suite struct CountingProxyTests {
    @Test(arguments: [
        ("/v2", RequestTally.Kind.ping), ("/v2/", .ping), ("/v2/_catalog", .catalog), ("/v2/a/b/tags/list", .tags),
        ("/v2/a/manifests/v1", .manifest), ("/v2/manifests/manifests/v1", .manifest), ("/v2/a/blobs/sha256:00", .blob),
        ("/v2/a/blobs/uploads/", .uploadStart), ("/v2/a/blobs/uploads", .uploadStart),
        ("/v2/a/blobs/uploads/id-1", .uploadData), ("/v2/a/referrers/sha256:00", .other), ("/", .other),
        ("/v1/x", .other),
    ])
    func `tells requests apart by the end of their path`(path: String, kind: RequestTally.Kind) {
        #expect(RequestTally.Kind(path: path) == kind)
    }

    @Test func `passes the host unchanged and counts requests at once`() async throws {
        try await withScriptedPeer { request in
            PeerReply(headers: [("X-Host", request.header("host") ?? "")], delay: .milliseconds(200))
        } _: { peer in
            try await withCountingProxy(port: peer.port) { proxy in
                async let first = PlainHTTP.request("GET", proxy.host, "/v2/")
                async let second = PlainHTTP.request("GET", proxy.host, "/v2/")
                let hosts = try await [first, second].map { $0.header("x-host") }
                #expect(hosts == [proxy.host, proxy.host])
                #expect(proxy.tally.highestConcurrency == 2)
                #expect(proxy.tally.connections == 2)
                #expect(peer.connections == 2)
            }
        }
    }

    @Test func `answers in place of the registry, or cuts`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(200)
        } _: { peer in
            let rule: CountingProxy.Rule = { request in
                switch request.path {
                case "/v2/busy": .reply(503, headers: [("Retry-After", "1")], body: [1])
                case "/v2/cut": .cutConnection
                default: .pass
                }
            }
            try await withCountingProxy(port: peer.port, onRequest: rule) { proxy in
                let busy = try await PlainHTTP.request(
                    "PUT",
                    proxy.host,
                    "/v2/busy",
                    body: Array(repeating: 1, count: 99_999)
                )
                #expect(busy.status == 503)
                #expect(busy.header("retry-after") == "1")
                #expect(busy.body == [1])
                await #expect(throws: (any Error).self) { try await PlainHTTP.request("GET", proxy.host, "/v2/cut") }
                let passed = try await PlainHTTP.request("GET", proxy.host, "/v2/")
                #expect(passed.status == 200)
                #expect(peer.requests.map(\.path) == ["/v2/"])
                #expect(proxy.tally.total == 3)
                #expect(proxy.tally.statuses == [503: 1, 200: 1])
            }
        }
    }
}

extension ProcessTests {
    @Suite struct CountingProxyWithCurlTests {
        @Test func `a slow reader slows the sender`() async throws {
            // The answer is far longer than what sockets and buffers hold: a proxy that read on would count it all.
            let size: Int64 = 256 << 20
            try await withScriptedPeer { _ in
                PeerReply(body: .stream(.repeating(0, count: size)))
            } _: { peer in
                try await withCountingProxy(port: peer.port) { proxy in
                    let curl = try await ChildProcess.start(
                        "curl",
                        ["-s", "--limit-rate", "1k", "-o", "/dev/null", "http://\(proxy.host)/v2/x"]
                    )
                    try await eventually { proxy.tally.responseBytes > 0 }
                    try await Task.sleep(for: .milliseconds(700))
                    #expect(proxy.tally.responseBytes < 64 << 20)
                    await curl.stop()
                }
            }
        }

        @Test func `counts every request of connections that are kept`() async throws {
            try await withScriptedPeer { _ in
                .text(200, "ok")
            } _: { peer in
                try await withCountingProxy(port: peer.port) { proxy in
                    let curl = try await ChildProcess.run(
                        "curl",
                        [
                            "-sS", "-Z", "--parallel-max", "16", "-o", "/dev/null",
                            "http://\(proxy.host)/v2/a/manifests/[1-500]",
                        ]
                    )
                    #expect(curl.succeeded, "\(curl.errorText)")
                    let tally = proxy.tally
                    #expect(tally.count("GET", .manifest) == 500)
                    #expect(tally.statuses == [200: 500])
                    #expect(tally.responseBytes == 1000)
                    #expect((2...16).contains(tally.highestConcurrency))
                    #expect(tally.connections < 100)
                    #expect(peer.connections == tally.connections)
                }
            }
        }
    }
}
