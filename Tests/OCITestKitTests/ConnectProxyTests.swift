// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

extension ProcessTests {
    /// In this suite because curl is the client.
    @Suite struct ConnectProxyTests {
        @Test func `tunnels TLS, also to names that nobody can resolve`() async throws {
            try await withTestAuthority { authority in
                try await withScriptedPeer { _ in
                    PeerReply(body: .stream(.repeating(1, count: 3_000_000)))
                } _: { peer in
                    var front = Nginx.Options(upstream: peer.port)
                    front.identity = try await authority.server(names: ["registry.test", "localhost"])
                    try await withNginx(front) { nginx in
                        var options = ConnectProxy.Options()
                        options.routes = ["registry.test:443": nginx.port]
                        try await withConnectProxy(options) { proxy in
                            let arguments = ["--cacert", authority.certificate, "--proxy", proxy.url]
                            let secret = ["-H", "Authorization: Bearer x"]
                            let named = try await curl(arguments + secret + ["https://registry.test/a"])
                            #expect(named.output.count == 1 << 20)
                            #expect(try await curlStatus(arguments + ["\(nginx.url)/b"]) == "200")
                            #expect(proxy.requests.map(\.method) == ["CONNECT", "CONNECT"])
                            #expect(proxy.requests.map(\.target) == ["registry.test:443", nginx.host])
                            #expect(proxy.requests.allSatisfy { $0.header("authorization") == nil })
                            #expect(peer.requests.map(\.path) == ["/a", "/b"])
                        }
                    }
                }
            }
        }

        @Test func `passes plain requests on, without what was meant for itself`() async throws {
            try await withScriptedPeer { request in
                .text(201, "\(request.bodyLength)")
            } _: { peer in
                var options = ConnectProxy.Options()
                options.credential = ("me", "1")
                try await withConnectProxy(options) { proxy in
                    let url = "http://\(peer.host)/v2/a?b=c"
                    let refused = try await curlStatus(["--proxy", proxy.url, url])
                    #expect(refused == "407")
                    let user = ["--proxy", proxy.url, "--proxy-user", "me:1"]
                    #expect(try await curl(user + ["-d", "abc", url, url]).outputText == "33")
                    #expect(proxy.requests.map(\.refusal) == [407, nil, nil])
                    #expect(proxy.requests.map(\.target) == [url, url, url])
                    #expect(peer.requests.map(\.uri) == ["/v2/a?b=c", "/v2/a?b=c"])
                    #expect(peer.requests.map { $0.header("host") } == [peer.host, peer.host])
                    #expect(peer.requests.allSatisfy { $0.header("proxy-authorization") == nil })
                }
            }
        }

        @Test func `leads nowhere but to loopback, and says why not`() async throws {
            try await withConnectProxy { proxy in
                let elsewhere = try await curlStatus(["--proxy", proxy.url, "http://192.0.2.1/"])
                #expect(elsewhere == "403")
                let unused = try LoopbackPort.free()
                #expect(try await curlStatus(["--proxy", proxy.url, "http://127.0.0.1:\(unused)/"]) == "502")
                #expect(proxy.requests.map(\.refusal) == [403, 502])
            }
        }
    }
}
