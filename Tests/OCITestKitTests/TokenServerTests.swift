// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit
import Testing

extension String {
    /// A text of a JSON object, by its name.
    func jsonText(_ name: String) -> String? { json[name] as? String }

    /// A number of a JSON object, by its name.
    func jsonNumber(_ name: String) -> Int? { json[name] as? Int }

    private var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(utf8))) as? [String: Any] ?? [:]
    }
}

extension ProcessTests {
    /// In this suite because a server makes its key with `openssl`.
    @Suite struct TokenServerTests {
        private func get(_ server: TokenServer, _ query: String, user: String? = nil) async throws -> PlainHTTP.Reply {
            let fields = user.map { [(name: "Authorization", value: "Basic \(Data($0.utf8).base64EncodedString())")] }
            return try await PlainHTTP.request("GET", server.host, "/token?\(query)", fields: fields ?? [])
        }

        private func post(_ server: TokenServer, _ form: String) async throws -> PlainHTTP.Reply {
            let type = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
            return try await PlainHTTP.request("POST", server.host, "/token", fields: type, body: Array(form.utf8))
        }

        @Test func `reads the scopes of a query and of a form`() async throws {
            try await withTokenServer(.init(users: ["ann": "p w"])) { server in
                _ = try await get(
                    server,
                    "account=ann&service=s&scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=repository:h:5:c:pull",
                    user: "ann:p w"
                )
                _ = try await post(
                    server,
                    "grant_type=password&username=ann&password=p+w&client_id=me&service=s&access_type=offline"
                        + "&scope=repository:a:pull+registry:catalog:*"
                )
                let requests = server.requests
                try #require(requests.count == 2)
                #expect(requests.map(\.method) == ["GET", "POST"])
                #expect(requests.map(\.user) == ["ann", "ann"])
                #expect(requests.map(\.service) == ["s", "s"])
                #expect(requests.map(\.scopeParameters) == [2, 1])
                #expect(requests[0].scopeTexts == ["repository:a/b:pull,push", "repository:h:5:c:pull"])
                #expect(requests[0].scopes.map(\.name) == ["a/b", "h:5:c"])
                #expect(requests[0].account == "ann")
                #expect(requests[1].scopes.map(\.type) == ["repository", "registry"])
                #expect(requests[1].grantType == "password")
                #expect(requests[1].clientID == "me")
                #expect(requests.map(\.wantsIdentityToken) == [false, true])
                #expect(requests.map(\.status) == [200, 200])
            }
        }

        @Test func `gives identity tokens to those who ask, and accepts them in both ways`() async throws {
            try await withTokenServer(.init(users: ["ann": "1"])) { server in
                #expect(try await get(server, "offline_token=true").text.jsonText("refresh_token") == nil)
                let offline = try await get(server, "service=s&offline_token=true", user: "ann:1")
                let identity = try #require(offline.text.jsonText("refresh_token"))
                #expect(try await post(server, "grant_type=refresh_token&refresh_token=\(identity)").status == 200)
                #expect(server.requests.last?.user == "ann")
                #expect(server.requests.last?.identityToken == identity)
                #expect(try await get(server, "service=s", user: "token:\(identity)").status == 200)
                #expect(try await post(server, "grant_type=refresh_token&refresh_token=x").status == 401)
                #expect(try await post(server, "scope=a:b:c").status == 401)
            }
        }

        @Test func `answers in the form that it is told`() async throws {
            try await withTokenServer { server in
                var text = try await get(server, "").text
                #expect(text.jsonText("token") != nil && text.jsonText("token") == text.jsonText("access_token"))
                #expect(text.jsonNumber("expires_in") == 300)
                #expect(text.jsonText("issued_at")?.hasSuffix("Z") == true)
                server.change {
                    $0.fields = .accessToken
                    $0.statedLife = .nothing
                    $0.issuedAtError = nil
                }
                text = try await get(server, "").text
                #expect(text.jsonText("token") == nil)
                #expect(text.jsonText("access_token") != nil)
                #expect(text.jsonNumber("expires_in") == nil)
                #expect(text.jsonText("issued_at") == nil)
                server.change {
                    $0.fields = .token
                    $0.statedLife = .seconds(7)
                    $0.delay = .milliseconds(300)
                }
                let begin = ContinuousClock.now
                text = try await get(server, "").text
                #expect(ContinuousClock.now - begin >= .milliseconds(300))
                #expect(text.jsonText("access_token") == nil)
                #expect(text.jsonNumber("expires_in") == 7)
            }
        }

        @Test func `understands only what it is told, and only whom`() async throws {
            try await withTokenServer(.init(users: ["ann": "1"])) { server in
                server.change { $0.flows = .get }
                let refused = try await post(server, "grant_type=password&username=ann&password=1")
                #expect(refused.status == 405)
                server.change {
                    $0.flows = .post
                    $0.unknownFlowStatus = 404
                    $0.servesAnonymous = false
                }
                #expect(try await get(server, "", user: "ann:1").status == 404)
                #expect(try await post(server, "grant_type=password&username=ann&password=1").status == 200)
                server.change { $0.flows = [.get, .post] }
                #expect(try await get(server, "").status == 401)
                #expect(server.requests.map(\.status) == [405, 404, 200, 401])
                #expect(server.peer.connections == 4)
            }
        }

        @Test func `refuses, redirects and floods when it is told to`() async throws {
            try await withTokenServer { server in
                server.change {
                    $0.refuse(500, times: 2)
                    $0.refuse(429, retryAfter: 3)
                    $0.misbehaviours.append(.redirect(to: "http://127.0.0.2/"))
                    $0.misbehaviours.append(.bomb(bytes: 5 << 20))
                }
                #expect(try await get(server, "").status == 500)
                #expect(try await get(server, "").status == 500)
                #expect(try await get(server, "").header("retry-after") == "3")
                #expect(try await get(server, "").header("location") == "http://127.0.0.2/")
                let bomb = try await get(server, "")
                #expect(bomb.header("content-length") == nil)
                #expect(bomb.body.count > 5 << 20)
                #expect(bomb.text.hasPrefix(#"{"expires_in":300,"token":"aaa"#))
                #expect(try await get(server, "").status == 200)
                server.change { $0.constantMisbehaviour = .refuse(403) }
                #expect(try await get(server, "").status == 403)
                #expect(try await get(server, "").status == 403)
            }
        }
    }
}

extension PlainHTTP.Reply {
    /// The body as text.
    fileprivate var text: String { String(decoding: body, as: UTF8.self) }
}
