// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

@Suite struct HubDoubleTests {
    private static let nginx = "library/nginx"

    private func source() async throws -> (MemoryEndpoint, BuiltImage) {
        let image = try await BuiltImage.random(seed: 3)
        let names = ["1", "2", "3"].map { ("\(Self.nginx):\($0)", image) } + [("ann/private:1", image)]
        return (try await MemoryEndpoint.holding(Dictionary(uniqueKeysWithValues: names)), image)
    }

    /// The header that a token stands in.
    private func bearer(
        _ hub: HubDouble,
        _ repository: String = nginx,
        _ actions: String = "pull",
        user: String? = nil
    ) async throws -> [(name: String, value: String)] {
        let fields = user.map { [(name: "Authorization", value: "Basic \(Data($0.utf8).base64EncodedString())")] }
        let answer = try await PlainHTTP.request(
            "GET",
            hub.auth.host,
            "/token?service=registry.docker.io&scope=repository:\(repository):\(actions)",
            fields: fields ?? []
        )
        let token = try #require(String(decoding: answer.body, as: UTF8.self).jsonText("token"))
        return [("Authorization", "Bearer \(token)")]
    }

    @Test func `asks for a token and says for which one`() async throws {
        try await withHubDouble(of: source().0) { hub in
            let ping = try await PlainHTTP.request("GET", hub.host, "/v2/")
            #expect(ping.status == 401)
            let realm = #"Bearer realm="http://\#(hub.auth.host)/token",service="registry.docker.io""#
            #expect(ping.header("www-authenticate") == realm)
            let path = "/v2/\(Self.nginx)/manifests/1"
            let without = try await PlainHTTP.request("GET", hub.host, path)
            #expect(without.header("www-authenticate") == realm + #",scope="repository:library/nginx:pull""#)
            let wrong = try await PlainHTTP.request("GET", hub.host, path, fields: [("Authorization", "Bearer x")])
            #expect(wrong.header("www-authenticate")?.hasSuffix(#"error="invalid_token""#) == true)
            let token = try await bearer(hub, Self.nginx, "pull,push")
            #expect(hub.tokenRequests.last?.granted.map(\.description) == ["repository:library/nginx:pull"])
            #expect(try await PlainHTTP.request("GET", hub.host, "/v2/", fields: token).status == 200)
            let push = try await PlainHTTP.request(
                "POST",
                hub.host,
                "/v2/\(Self.nginx)/blobs/uploads/",
                fields: token
            )
            #expect(push.status == 401)
            #expect(push.header("www-authenticate")?.contains("repository:library/nginx:pull,push") == true)
            #expect(push.header("www-authenticate")?.hasSuffix(#"error="insufficient_scope""#) == true)
            #expect(try await PlainHTTP.request("GET", hub.host, "/v2/_catalog", fields: token).status == 401)
            hub.endTokens()
            #expect(try await PlainHTTP.request("GET", hub.host, "/v2/", fields: token).status == 401)
        }
    }

    @Test func `counts pulls, and refuses them when they are used up`() async throws {
        try await withHubDouble(of: source().0) { hub in
            hub.change { $0.pullsLeft = 1 }
            let token = try await bearer(hub)
            let path = "/v2/\(Self.nginx)/manifests/1"
            let head = try await PlainHTTP.request("HEAD", hub.host, path, fields: token)
            #expect(head.header("ratelimit-limit") == "100;w=21600")
            #expect(head.header("ratelimit-remaining") == "1;w=21600")
            #expect(head.header("docker-ratelimit-source") == "127.0.0.1")
            let first = try await PlainHTTP.request("GET", hub.host, path, fields: token)
            #expect(first.status == 200)
            #expect(first.header("ratelimit-remaining") == "0;w=21600")
            let second = try await PlainHTTP.request("GET", hub.host, path, fields: token)
            #expect(second.status == 429)
            let text = String(decoding: second.body, as: UTF8.self)
            #expect(text.contains(#""code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."#))
            #expect(try await PlainHTTP.request("HEAD", hub.host, path, fields: token).status == 200)
            #expect(hub.pulls == 1)
            let preview = try await bearer(hub, "ratelimitpreview/test")
            let probe = try await PlainHTTP.request(
                "HEAD",
                hub.host,
                "/v2/ratelimitpreview/test/manifests/latest",
                fields: preview
            )
            #expect(probe.header("ratelimit-remaining") == "0;w=21600")
            hub.change { $0.abuseRefusals = 1 }
            #expect(try await PlainHTTP.request("HEAD", hub.host, path, fields: token).status == 429)
            #expect(try await PlainHTTP.request("HEAD", hub.host, path, fields: token).status == 200)
        }
    }

    @Test func `knows its users, and shows them what others do not see`() async throws {
        let (source, image) = try await source()
        var behaviour = HubDouble.Behaviour()
        behaviour.users = ["ann": "1", "paid": "2"]
        behaviour.privateRepositories = ["ann/private"]
        behaviour.userPullsLeft = ["ann": 200]
        try await withHubDouble(of: source, behaviour) { hub in
            let path = "/v2/ann/private/manifests/\(image.manifest.descriptor.digest)"
            let nobody = try await PlainHTTP.request("GET", hub.host, path, fields: bearer(hub, "ann/private"))
            #expect(nobody.status == 401)
            let ann = try await bearer(hub, "ann/private", user: "ann:1")
            let reply = try await PlainHTTP.request("GET", hub.host, path, fields: ann)
            #expect(reply.body == image.manifest.bytes)
            #expect(reply.header("ratelimit-remaining") == "199;w=21600")
            let paid = try await bearer(hub, "ann/private", user: "paid:2")
            let free = try await PlainHTTP.request("GET", hub.host, path, fields: paid)
            #expect(free.status == 200)
            #expect(free.header("ratelimit-limit") == nil)
            let wrong = [(name: "Authorization", value: "Basic \(Data("ann:2".utf8).base64EncodedString())")]
            let refused = try await PlainHTTP.request("GET", hub.auth.host, "/token?service=x", fields: wrong)
            #expect(refused.status == 401)
            #expect(hub.behaviour.pullsLeft == 100)
        }
    }

    @Test func `lists tags in pages`() async throws {
        try await withHubDouble(of: source().0) { hub in
            let token = try await bearer(hub)
            let list = "/v2/\(Self.nginx)/tags/list"
            let first = try await PlainHTTP.request("GET", hub.host, list + "?n=2", fields: token)
            #expect(first.body == Array(#"{"name":"library/nginx","tags":["1","2"]}"#.utf8))
            #expect(first.header("link") == "<\(list)?last=2&n=2>; rel=\"next\"")
            let second = try await PlainHTTP.request("GET", hub.host, list + "?last=2&n=2", fields: token)
            #expect(second.body == Array(#"{"name":"library/nginx","tags":["3"]}"#.utf8))
            #expect(second.header("link") == nil)
        }
    }

    @Test func `has its blobs elsewhere, for those who do not say who they are`() async throws {
        let (source, image) = try await source()
        try await withHubDouble(of: source) { hub in
            let token = try await bearer(hub)
            let blob = image.blobs[1]
            let path = "/v2/\(Self.nginx)/blobs/\(blob.descriptor.digest)"
            let reply = try await PlainHTTP.request("GET", hub.host, path, fields: token)
            #expect(reply.status == 307)
            let location = try #require(reply.header("location"))
            try #require(location.hasPrefix("http://\(hub.blobs.host)/"))
            let uri = String(location.dropFirst("http://\(hub.blobs.host)".count))
            func ask(_ fields: [(name: String, value: String)] = []) async throws -> PlainHTTP.Reply {
                try await PlainHTTP.request("GET", hub.blobs.host, uri, fields: fields)
            }
            #expect(try await ask(token).status == 400)
            #expect(try await ask().body == blob.bytes)
            let part = try await ask([("Range", "bytes=10-19")])
            #expect(part.status == 206)
            #expect(part.body == Array(blob.bytes[10..<20]))
            #expect(part.header("content-range") == "bytes 10-19/\(blob.bytes.count)")
            #expect(try await ask([("Range", "bytes=5-")]).body == Array(blob.bytes[5...]))
            #expect(try await ask([("Range", "bytes=99999999-")]).status == 416)
            #expect(try await PlainHTTP.request("GET", hub.blobs.host, uri + "x").status == 403)
            #expect(hub.transcript.map(\.role).prefix(3) == [.auth, .registry, .blobs])
            #expect(hub.transcript[2].description == "blobs GET \(uri) Bearer 400")
        }
    }
}

extension ProcessTests {
    @Suite struct HubDoubleWithClientTests {
        @Test func `skopeo copies from it by its address`() async throws {
            let image = try await BuiltImage.random(seed: 7)
            try await withHubDouble(of: MemoryEndpoint.holding(["library/nginx:1": image])) { hub in
                try await withDockerRegistry { registry in
                    try await withSkopeo { skopeo, _ in
                        let copy = try await skopeo.copy(
                            "docker://\(hub.host)/library/nginx:1",
                            "docker://\(registry.host)/nginx:1"
                        )
                        #expect(copy.succeeded, "\(copy.errorText)")
                        let digest = try await skopeo.digest("docker://\(registry.host)/nginx:1")
                        #expect(digest == "\(image.manifest.descriptor.digest)")
                        #expect(hub.pulls == 1)
                        #expect(hub.transcript.filter { $0.role == .blobs }.allSatisfy { $0.authorization == nil })
                        #expect(hub.transcript.count { $0.role == .blobs && $0.status == 200 } == 3)
                    }
                }
            }
        }

        /// The real names, by TLS, through a proxy that knows where they are here.
        @Test func `skopeo copies from it by the names of Docker Hub`() async throws {
            let image = try await BuiltImage.random(seed: 7)
            let names = ["registry-1.docker.io", "auth.docker.io", "production.cloudflare.docker.com"]
            var behaviour = HubDouble.Behaviour()
            behaviour.authURL = "https://\(names[1])"
            behaviour.blobsURL = "https://\(names[2])"
            let source = try await MemoryEndpoint.holding(["library/nginx:latest": image])
            try await withTestAuthority { authority in
                let identity = try await authority.server(names: names, addresses: [])
                try await withHubDouble(of: source, behaviour) { hub in
                    func front(_ peer: ScriptedPeer) -> Nginx.Options {
                        var options = Nginx.Options(upstream: peer.port)
                        options.identity = identity
                        return options
                    }
                    try await withNginx(front(hub.registry)) { registry in
                        try await withNginx(front(hub.auth)) { auth in
                            try await withNginx(front(hub.blobs)) { blobs in
                                var options = ConnectProxy.Options()
                                for (name, nginx) in zip(names, [registry, auth, blobs]) {
                                    options.routes["\(name):443"] = nginx.port
                                }
                                try await withConnectProxy(options) { proxy in
                                    try await check(proxy, authority, image)
                                    #expect(Set(proxy.requests.map(\.target)) == Set(names.map { "\($0):443" }))
                                    #expect(hub.pulls == 1)
                                }
                            }
                        }
                    }
                }
            }
        }

        private func check(_ proxy: ConnectProxy, _ authority: TestAuthority, _ image: BuiltImage) async throws {
            try await withSkopeo { skopeo, _ in
                let folder = "\(skopeo.directory)/copy"
                let copy = try await ChildProcess.run(
                    "skopeo",
                    ["--insecure-policy", "copy", "docker://nginx", "dir:\(folder)"],
                    environment: [
                        "PATH": "/usr/bin:/bin", "HOME": skopeo.directory, "XDG_RUNTIME_DIR": skopeo.directory,
                        "HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": authority.certificate,
                    ]
                )
                #expect(copy.succeeded, "\(copy.errorText)")
                let manifest = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/manifest.json"))
                #expect(Array(manifest) == image.manifest.bytes)
            }
        }
    }
}
