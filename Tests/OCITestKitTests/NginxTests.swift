// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension ProcessTests {
    @Suite struct NginxTests {
        /// curl's exit status for a certificate that it does not trust, or that is for another name.
        private static let untrusted: ChildProcess.Ending = .exited(60)
        private static let hasIPv6 = FileManager.default.contents(atPath: "/proc/net/if_inet6")?.isEmpty == false

        @Test func `a front with a private authority is trusted by who knows the authority`() async throws {
            try await withTestAuthority { authority in
                try await withDockerRegistry { registry in
                    var options = Nginx.Options(upstream: registry.port)
                    options.identity = try await authority.server()
                    if Self.hasIPv6 { options.addresses.append("[::1]") }
                    try await withNginx(options) { nginx in
                        let url = "\(nginx.url)/v2/"
                        #expect(try await curl([url]).ending == Self.untrusted)
                        let trusting = ["--cacert", authority.certificate]
                        #expect(try await curlStatus(trusting + [url]) == "200")
                        #expect(try await curlStatus(trusting + ["https://localhost:\(nginx.port)/v2/"]) == "200")
                        if Self.hasIPv6 {
                            #expect(try await curlStatus(trusting + ["https://[::1]:\(nginx.port)/v2/"]) == "200")
                        }
                        let stranger = ["--connect-to", "other.test:443:\(nginx.host)", "https://other.test/v2/"]
                        #expect(try await curl(trusting + stranger).ending == Self.untrusted)
                        let exchanges = try await nginx.exchanges(atLeast: 2)
                        #expect(exchanges.allSatisfy { $0.status == 200 && $0.tls == "TLSv1.3" && !$0.isAuthorized })
                        #expect(exchanges.map(\.host).prefix(2) == [nginx.host, "localhost:\(nginx.port)"])

                        // The registry makes addresses of the front, with its scheme.
                        let start = try await curl(
                            trusting + ["-D", "-", "-X", "POST", "\(nginx.url)/v2/a/blobs/uploads/"]
                        )
                        #expect(start.outputText.contains("Location: https://\(nginx.host)/v2/a/blobs/uploads/"))
                    }
                }
            }
        }

        @Test func `certificates can be over, not begun, or for another name`() async throws {
            try await withTestAuthority { authority in
                let cases: [(TestAuthority.Identity, String)] = try await [
                    (authority.server(validity: .expired), "certificate has expired"),
                    (authority.server(validity: .future), "certificate is not yet valid"),
                    (authority.server(names: ["other.test"], addresses: []), "no alternative certificate subject name"),
                    (authority.client(), "unsuitable certificate purpose"),
                ]
                try await withScriptedPeer { _ in
                    PeerReply()
                } _: { peer in
                    for (identity, words) in cases {
                        var options = Nginx.Options(upstream: peer.port)
                        options.identity = identity
                        try await withNginx(options) { nginx in
                            let result = try await curl(["--cacert", authority.certificate, nginx.url])
                            #expect(result.ending == Self.untrusted)
                            #expect(result.errorText.contains(words), "\(result.errorText)")
                        }
                    }
                    #expect(peer.connections == 0)
                }
            }
        }

        @Test func `asks for a certificate of the client, and for a version of TLS`() async throws {
            try await withTestAuthority { authority in
                try await withScriptedPeer { _ in
                    PeerReply()
                } _: { peer in
                    var options = Nginx.Options(upstream: peer.port)
                    options.identity = try await authority.server()
                    options.clientAuthority = authority.certificate
                    options.protocols = ["TLSv1.2"]
                    let client = try await authority.client(name: "ann")
                    let stale = try await authority.client(name: "ann", validity: .expired)
                    try await withNginx(options) { nginx in
                        func status(_ identity: TestAuthority.Identity?, _ more: [String] = []) async throws -> String {
                            let shown = identity.map { ["--cert", $0.certificate, "--key", $0.key] } ?? []
                            return try await curlStatus(
                                ["--cacert", authority.certificate] + shown + more + [nginx.url]
                            )
                        }
                        let without = try await status(nil)
                        #expect(without == "400")
                        #expect(try await status(stale) == "400")
                        #expect(try await status(client) == "200")
                        #expect(try await status(client, ["--tlsv1.3"]) == "000")
                        let exchange = try #require(try await nginx.exchanges(atLeast: 3).last)
                        #expect(exchange.client == "CN=ann")
                        #expect(exchange.tls == "TLSv1.2")
                        #expect(peer.requests.count == 1)
                    }
                }
            }
        }

        @Test(arguments: [Nginx.Options.BlobRedirect.absolute, .withoutScheme, .relative])
        func `leads to blobs at another place`(redirect: Nginx.Options.BlobRedirect) async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "1"])) { registry in
                var options = Nginx.Options(upstream: registry.port)
                options.blobRedirect = redirect
                options.blobStorage = registry.storage
                options.otherAddress = "127.0.0.2"
                try await withNginx(options) { nginx in
                    try await withSkopeo { skopeo, image in
                        #expect(try await skopeo.login(nginx.host, "ann", "1").succeeded)
                        let name = "docker://\(nginx.host)/a:1"
                        let push = try await skopeo.copy(skopeo.image, name)
                        #expect(push.succeeded, "\(push.errorText)")
                        let digest = image.blobs[1].descriptor.digest
                        let blob = "\(nginx.url)/v2/a/blobs/\(digest)"
                        let plain = ["-u", "ann:1"]
                        #expect(try await curlStatus(plain + [blob]) == "307")
                        #expect(try await curlStatus(plain + ["-I", blob]) == "200")
                        // curl takes the credentials along only as long as the host and the port stay the same.
                        let followed = try await curlStatus(plain + ["-L", blob])
                        #expect(followed == (redirect == .relative ? "400" : "200"))
                        if redirect != .relative {
                            let got = try await curl(plain + ["-L", "-r", "2-", blob]).output
                            #expect(got == Array(image.blobs[1].bytes.dropFirst(2)))
                            let last = try #require(try await nginx.exchanges().last { $0.origin == .other })
                            #expect(last.status == 206)
                            #expect(!last.isAuthorized)
                            #expect(last.uri == "/v2/a/blobs/\(digest)?signature=1")
                            let pull = try await skopeo.copy(name, "dir:\(skopeo.directory)/back")
                            #expect(pull.succeeded, "\(pull.errorText)")
                        }
                    }
                }
            }
        }

        @Test func `bounds bodies and requests, and makes locations relative`() async throws {
            try await withDockerRegistry { registry in
                var options = Nginx.Options(upstream: registry.port)
                options.maximumBodySize = 1000
                options.relativeLocations = true
                options.requestLimit = .init(perSecond: 1, burst: 2)
                try await withNginx(options) { nginx in
                    let start = try await PlainHTTP.request("POST", nginx.host, "/v2/a/blobs/uploads/")
                    let location = try #require(start.header("location"))
                    #expect(location.hasPrefix("/v2/a/blobs/uploads/"))
                    let body = [UInt8](repeating: 1, count: 1001)
                    let uri = "\(location)&digest=\(Digester.digest(of: body))"
                    #expect(try await PlainHTTP.request("PUT", nginx.host, uri, body: body).status == 413)
                    // The first request and the two of the burst; what is too long is not counted.
                    for _ in 1...2 { #expect(try await PlainHTTP.request("GET", nginx.host, "/v2/").status == 200) }
                    let busy = try await PlainHTTP.request("GET", nginx.host, "/v2/")
                    #expect(busy.status == 429)
                    #expect(busy.header("retry-after") == "1")
                    #expect(String(decoding: busy.body, as: UTF8.self).contains("TOOMANYREQUESTS"))
                }
            }
        }

        @Test func `has a token server under the same name, and leaves nothing behind`() async throws {
            try await withTestAuthority { authority in
                try await withTokenServer { server in
                    try await withDockerRegistry(authentication: server.authentication) { registry in
                        var options = Nginx.Options(upstream: registry.port)
                        options.otherUpstreams = ["/token": server.port]
                        options.identity = try await authority.server()
                        let nginx = try await Nginx.start(options)
                        let query = "service=registry.test&scope=repository:a:pull"
                        let answer = try await curl(["--cacert", authority.certificate, "\(nginx.url)/token?\(query)"])
                        let token = try #require(answer.outputText.jsonText("token"))
                        let arguments = ["--cacert", authority.certificate, "-H", "Authorization: Bearer \(token)"]
                        #expect(try await curlStatus(arguments + ["\(nginx.url)/v2/a/tags/list"]) == "404")
                        #expect(try await nginx.exchanges(atLeast: 2).map(\.isAuthorized) == [false, true])
                        let pid = nginx.pid
                        await nginx.stop()
                        #expect(!FileManager.default.fileExists(atPath: nginx.directory))
                        #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)"))
                    }
                }
            }
        }
    }
}
