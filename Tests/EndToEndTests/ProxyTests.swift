// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct ProxyTests {
        /// An address that leads to this machine, and is none of those that are never reached through a proxy.
        private static func unspecified(_ port: Int) -> String { "0.0.0.0:\(port)" }

        /// Runs `body` with a registry that has `team/app:1`, and that can be reached as `registry.test` by TLS alone.
        private func withSecureRegistry(
            _ body: (DockerRegistry, Nginx, TestAuthority, BuiltImage) async throws -> Void
        ) async throws {
            try await withTestAuthority { authority in
                try await withDockerRegistry { registry in
                    let image = try await BuiltImage.random(seed: 1)
                    try await put(image, "team/app:1", into: registry.host)
                    var options = Nginx.Options(upstream: registry.port)
                    options.identity = try await authority.server(names: ["registry.test"], addresses: [])
                    try await withNginx(options) { try await body(registry, $0, authority, image) }
                }
            }
        }

        @Test(arguments: ["HTTPS_PROXY", "https_proxy"])
        func `registries that are reached by TLS are reached through a tunnel, this machine is not`(
            _ variable: String
        ) async throws {
            try await withSecureRegistry { registry, nginx, authority, image in
                var options = ConnectProxy.Options()
                options.routes["registry.test:443"] = nginx.port
                try await withConnectProxy(options) { proxy in
                    try await withHome { home in
                        let file = try home.configure(
                            "registry.test: {certificate-authority: \(authority.certificate)}"
                        )
                        let home = home.with(variable, proxy.url)
                        let copy = try await home.run(
                            "copy",
                            "--config",
                            file,
                            "registry.test/team/app:1",
                            "\(registry.host)/a"
                        )
                        #expect(copy.ending == .exited(0), "\(copy.errorText)")
                        let copied = try await digest(of: "a:1", in: registry.host)
                        #expect(copied == image.manifest.descriptor.digest)
                        #expect(!proxy.requests.isEmpty)
                        #expect(
                            proxy.requests.allSatisfy { $0.method == "CONNECT" && $0.target == "registry.test:443" }
                        )
                        #expect(try await nginx.exchanges(atLeast: 5).allSatisfy { $0.host == "registry.test" })
                    }
                }
            }
        }

        @Test func `plain HTTP goes by HTTP_PROXY, unless NO_PROXY names the host, its network or its port`()
            async throws
        {
            try await withDockerRegistry { registry in
                try await put(BuiltImage.random(seed: 1), "team/app:1", into: registry.host)
                let host = Self.unspecified(registry.port)
                var options = ConnectProxy.Options()
                options.routes[host] = registry.port
                try await withConnectProxy(options) { proxy in
                    try await withHome { home in
                        for (exceptions, isUsed) in [
                            (nil, true), ("", true), ("other.test,10.0.0.0/8", true), ("0.0.0.0:1", true),
                            ("0.0.0.0", false), (host, false), ("x.test, 0.0.0.0/8", false), ("*", false),
                        ] {
                            var home = home.with("HTTP_PROXY", proxy.url)
                            home.variables["NO_PROXY"] = exceptions
                            let before = proxy.requests.count
                            let doctor = try await home.run("auth", "doctor", "http://\(host)/team/app")
                            #expect(doctor.ending == .exited(0), "\(doctor.errorText)")
                            #expect((proxy.requests.count > before) == isUsed, "\(exceptions ?? "-")")
                        }
                        // HTTPS_PROXY is for TLS alone; this machine itself is never reached through a proxy.
                        let before = proxy.requests.count
                        let other = home.with("HTTPS_PROXY", proxy.url)
                        #expect(try await other.run("auth", "doctor", "http://\(host)/team/app").succeeded)
                        for local in ["127.0.0.1", "localhost"] {
                            let home = home.with("HTTP_PROXY", proxy.url)
                            #expect(try await home.run("auth", "doctor", "\(local):\(registry.port)/a").succeeded)
                        }
                        #expect(proxy.requests.count == before)
                    }
                }
            }
        }

        @Test func `K02: a proxy sees the user name and password that its address has, and nobody else does`()
            async throws
        {
            try await withSecureRegistry { registry, nginx, authority, _ in
                var options = ConnectProxy.Options()
                options.routes["registry.test:443"] = nginx.port
                options.credential = ("ann", "p@ss:1")
                try await withConnectProxy(options) { proxy in
                    try await withHome { home in
                        let file = try home.configure(
                            "registry.test: {certificate-authority: \(authority.certificate)}"
                        )
                        let arguments = ["--config", file, "registry.test/team/app:1", "\(registry.host)/a"]
                        let good = home.with("HTTPS_PROXY", "http://ann:p%40ss%3A1@\(proxy.host)")
                        let copy = try await good.start(["copy", "--verbose"] + arguments).wait()
                        #expect(copy.ending == .exited(0), "\(copy.errorText)")
                        #expect(proxy.requests.allSatisfy { $0.refusal == nil })
                        for text in ["p@ss", "p%40ss"] { #expect(!(copy.errorText + copy.outputText).contains(text)) }
                        for login in ["", "ann:wrong-1@"] {
                            let home = home.with("HTTPS_PROXY", "http://\(login)\(proxy.host)")
                            let result = try await home.run("auth", "doctor", "--config", file, "registry.test")
                            #expect(result.ending == .exited(69))
                            #expect(
                                result.errorText.contains("the proxy asks for a user name and a password"),
                                "\(result.errorText)"
                            )
                            #expect(!result.errorText.contains("wrong-1"))
                        }
                    }
                }
            }
        }

        @Test func `a proxy that refuses or cannot be used is told from the registry`() async throws {
            try await withDockerRegistry { registry in
                let host = Self.unspecified(registry.port)
                var options = ConnectProxy.Options()
                options.refusal = 403
                try await withConnectProxy(options) { proxy in
                    try await withHome { home in
                        func doctor(_ url: String) async throws -> ChildProcess.Result {
                            try await home.with("HTTP_PROXY", url).run("auth", "doctor", "http://\(host)/")
                        }
                        let refused = try await doctor(proxy.url)
                        #expect(refused.ending == .exited(69))
                        #expect(refused.errorText.contains("the proxy does not connect to it"), "\(refused.errorText)")
                        for url in [
                            "https://ann:secret-1@proxy.test", "socks5://ann:secret-1@proxy.test:1",
                            "http://a:secret-1@",
                        ] {
                            let result = try await doctor(url)
                            #expect(result.ending == .exited(78), "\(url)")
                            #expect(
                                result.errorText.contains("HTTP_PROXY does not name a proxy"),
                                "\(result.errorText)"
                            )
                            #expect(!result.errorText.contains("secret-1"))
                        }
                    }
                }
            }
        }
    }
}
