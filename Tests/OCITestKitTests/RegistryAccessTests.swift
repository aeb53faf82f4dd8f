// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Testing

extension ProcessTests {
    /// Real registries that do not let everybody in.
    @Suite struct RegistryAccessTests {
        @Test func `a registry with passwords lets in who knows one, and nobody else`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "a b:ü", "bob": "2"])) { registry in
                try await withSkopeo { skopeo, image in
                    let name = "docker://\(registry.host)/a/b:1"
                    #expect(try await !skopeo.copy(skopeo.image, name).succeeded)
                    #expect(try await !skopeo.login(registry.host, "ann", "wrong").succeeded)
                    #expect(try await skopeo.login(registry.host, "ann", "a b:ü").succeeded)
                    let copy = try await skopeo.copy(skopeo.image, name)
                    #expect(copy.succeeded, "\(copy.errorText)")
                    #expect(try await skopeo.digest(name) == "\(image.manifest.descriptor.digest)")
                }
                #expect(try await curlStatus(["-u", "bob:2", "http://\(registry.host)/v2/"]) == "200")
                try await registry.restart()
                #expect(try await curlStatus(["http://\(registry.host)/v2/"]) == "401")
            }
        }

        @Test func `a registry accepts the tokens of the server, for what they say`() async throws {
            try await withTokenServer(.init(users: ["ann": "1"])) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    try await withSkopeo { skopeo, image in
                        let name = "docker://\(registry.host)/a/b:1"
                        // Those who are nobody in particular get no more than the right to pull.
                        #expect(try await !skopeo.copy(skopeo.image, name).succeeded)
                        // skopeo asks for one action after the other.
                        #expect(Set(server.requests.flatMap(\.granted).map(\.description)) == ["repository:a/b:pull"])
                        #expect(server.requests.last?.status == 200)
                        #expect(try await !skopeo.login(registry.host, "ann", "2").succeeded)
                        #expect(try await skopeo.login(registry.host, "ann", "1").succeeded)
                        let copy = try await skopeo.copy(skopeo.image, name)
                        #expect(copy.succeeded, "\(copy.errorText)")
                        #expect(server.requests.last?.user == "ann")
                        #expect(try await skopeo.digest(name) == "\(image.manifest.descriptor.digest)")

                        server.change { $0.grant = { _, _ in ["pull"] } }
                        #expect(try await !skopeo.copy(skopeo.image, "docker://\(registry.host)/a/b:2").succeeded)
                        #expect(try await skopeo.copy(name, "dir:\(skopeo.directory)/back").succeeded)
                    }
                }
            }
        }

        @Test func `a registry refuses tokens that are over, too weak, or for another place`() async throws {
            try await withTokenServer { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    let pull = TokenScope(name: "a/b", actions: ["pull"])
                    func status(_ token: String) async throws -> String {
                        let url = "http://\(registry.host)/v2/a/b/tags/list"
                        return try await curlStatus(["-H", "Authorization: Bearer \(token)", url])
                    }
                    let good = try server.token([pull])
                    // 404: let in, and there are no tags.
                    #expect(try await status(good) == "404")
                    let wrong = try [
                        server.token([pull], life: -1), server.token([pull], service: "other"),
                        server.token([TokenScope(name: "a", actions: ["pull"])]), server.token([]), "x\(good)",
                    ]
                    for token in wrong { #expect(try await status(token) == "401") }
                    let post = try await PlainHTTP.request(
                        "POST",
                        registry.host,
                        "/v2/a/b/blobs/uploads/",
                        fields: [("Authorization", "Bearer \(good)")]
                    )
                    #expect(post.status == 401)
                    let challenge = try #require(post.header("www-authenticate"))
                    #expect(challenge.contains(#"Bearer realm="\#(server.realm)",service="registry.test""#))
                    // The registry writes them in an order that differs from time to time.
                    let scopes = ["pull,push", "push,pull"].map { #"scope="repository:a/b:\#($0)""# }
                    #expect(scopes.contains(where: challenge.contains), "\(challenge)")
                    #expect(challenge.contains("insufficient_scope"))
                }
            }
        }

        @Test func `a token of two seconds is good for two seconds`() async throws {
            var behaviour = TokenServer.Behaviour()
            behaviour.life = 2
            try await withTokenServer(behaviour) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    let answer = try await PlainHTTP.request(
                        "GET",
                        server.host,
                        "/token?service=registry.test&scope=repository:a:pull"
                    )
                    let token = try #require(String(decoding: answer.body, as: UTF8.self).jsonText("token"))
                    let fields = [(name: "Authorization", value: "Bearer \(token)")]
                    let first = try await PlainHTTP.request("GET", registry.host, "/v2/a/tags/list", fields: fields)
                    #expect(first.status == 404)
                    try await Task.sleep(for: .seconds(3))
                    let second = try await PlainHTTP.request("GET", registry.host, "/v2/a/tags/list", fields: fields)
                    #expect(second.status == 401)
                }
            }
        }
    }
}
