// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Testing

@testable import OCIRegistry

@Suite(.timeLimit(.minutes(1))) struct CloudClientTests {
    private func context(_ environment: [String: String] = [:]) throws -> CloudContext {
        let proxy = try ProxySettings(environment: environment)
        return CloudContext(
            provider: .aws,
            environment: [:],
            client: CloudClient(proxy: proxy, userAgent: "mirror/test")
        )
    }

    private func request(_ url: String) throws -> ShortExchange.Request {
        ShortExchange.Request(url: try #require(RequestURL(written: url)), headers: [("X-Key", Secret("c4nary"))])
    }

    @Test func `services are reached through the proxy, metadata servers never`() async throws {
        try await withScriptedPeer { _ in
            .text(200, "{}")
        } _: { service in
            var options = ConnectProxy.Options()
            options.routes = ["service.test:80": service.port, "metadata.test:80": service.port]
            try await withConnectProxy(options) { proxy in
                let context = try context(["HTTP_PROXY": proxy.url])
                let answer = try await context.answer(to: request("http://service.test/a"))
                #expect(answer.body == Array("{}".utf8))
                #expect(proxy.requests.map(\.target) == ["service.test:80"])
                let reason = try await cloudReason {
                    try await context.answer(to: request("http://metadata.test/b"), .metadata)
                }
                guard case .connection = reason else {
                    Issue.record("\(reason)")
                    return
                }
                #expect(proxy.requests.count == 1)
                #expect(service.requests.map(\.path) == ["/a"])
            }
        }
    }

    @Test(arguments: [CloudClient.Path.service, .metadata])
    func `a redirect is not followed, and nobody else is shown anything`(_ path: CloudClient.Path) async throws {
        try await withScriptedPeer { _ in
            .text(200, "{}")
        } _: { other in
            try await withScriptedPeer { _ in
                PeerReply(307, headers: [("Location", "http://\(other.host)/")])
            } _: { service in
                let url = "http://\(service.host)"
                let reason = try await cloudReason { try await context().answer(to: request("\(url)/"), path) }
                #expect(reason == .refused(url, status: 307, code: nil))
                #expect(other.requests.isEmpty)
            }
        }
    }

    @Test func `an answer without end is not read to its end`() async throws {
        try await withScriptedPeer { _ in
            PeerReply(body: .stream(.repeating(0x20, count: 64 << 20)))
        } _: { service in
            let url = "http://\(service.host)"
            let reason = try await cloudReason { try await context().answer(to: request("\(url)/")) }
            #expect(reason == .answer(url, missing: "an end within 1048576 bytes"))
        }
    }

    @Test(arguments: ["", "[]", "{", #"{"access_token":"a","access_token":"b"}"#])
    func `an answer that means nothing, or two things, is none`(_ text: String) async throws {
        try await withScriptedPeer { _ in
            .text(200, text)
        } _: { service in
            let url = "http://\(service.host)"
            let reason = try await cloudReason {
                try await context().document(request("\(url)/"), as: CloudToken.self)
            }
            #expect(reason == .answer(url, missing: "a JSON document of the known form"))
        }
    }

    @Test(arguments: [
        (#"{"__type":"com.amazon.coral.service#ExpiredTokenException"}"#, "ExpiredTokenException"),
        (#"{"error":"invalid_client"}"#, "invalid_client"), (#"{"error":{"status":"UNAVAILABLE"}}"#, "UNAVAILABLE"),
        (#"{"errors":[{"code":"UNAUTHORIZED"}]}"#, "UNAUTHORIZED"),
        ("<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>", "InvalidIdentityToken"),
        (#"{"error":"a secret that was sent, repeated"}"#, nil), ("<Code>a&amp;b</Code>", nil), ("busy", nil),
    ])
    func `a refusal is named by the word of the service, if it is a plain word`(_ text: String, code: String?)
        async throws
    {
        try await withScriptedPeer { _ in
            .text(400, text)
        } _: { service in
            let url = "http://\(service.host)"
            let reason = try await cloudReason { try await context().answer(to: request("\(url)/")) }
            #expect(reason == .refused(url, status: 400, code: code))
        }
    }

    @Test(
        arguments: [
            (#"{"access_token":"t","expires_in":60}"#, "t", .seconds(60)),
            (#"{"access_token":"t","expires_in":"61"}"#, "t", .seconds(61)),
            (#"{"access_token":"t"}"#, "t", .seconds(3600)),
            (#"{"access_token":"t","expires_in":-5}"#, "t", .seconds(3600)),
            (#"{"access_token":"t","expires_in":1e300}"#, "t", .seconds(86_400)),
            (#"{"access_token":"a b"}"#, nil, .seconds(3600)), (#"{"expires_in":60}"#, nil, .seconds(60)),
        ] as [(String, String?, Duration)]
    )
    func `tokens are read with their life, which is bounded`(_ text: String, token: String?, life: Duration) throws {
        let found = try #require(CloudContext.decoded(CloudToken.self, Array(text.utf8)))
        #expect(found.token?.exposed == token)
        #expect(found.life == life)
    }
}
