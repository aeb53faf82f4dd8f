// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct TLSTests {
        private static let hasIPv6 = FileManager.default.contents(atPath: "/proc/net/if_inet6")?.isEmpty == false
        private static let ann = Person(name: "ann", password: "secret-1")

        /// Runs `body` with a front of a registry that has an image `team/app:1`.
        private func withFront(
            _ authority: TestAuthority,
            authentication: DockerRegistry.Authentication = .none,
            _ change: (inout Nginx.Options, DockerRegistry) async throws -> Void = { _, _ in },
            _ body: (Nginx, DockerRegistry, BuiltImage) async throws -> Void
        ) async throws {
            try await withDockerRegistry(authentication: authentication) { registry in
                let image = try await BuiltImage.random(seed: 1)
                try await put(image, "team/app:1", into: registry.host, as: Self.ann)
                var options = Nginx.Options(upstream: registry.port)
                options.identity = try await authority.server()
                try await change(&options, registry)
                try await withNginx(options) { try await body($0, registry, image) }
            }
        }

        private func configure(_ home: Home, _ nginx: Nginx, _ settings: String...) throws -> String {
            try home.configure("\"\(nginx.host)\": {\((["transport: https"] + settings).joined(separator: ", "))}")
        }

        @Test func `a private authority is trusted where the config file names it, and nowhere else`() async throws {
            try await withTestAuthority { authority in
                try await withFront(authority) { nginx, registry, image in
                    try await withHome { home in
                        let text = try String(contentsOfFile: authority.certificate, encoding: .utf8)
                        try home.write(text, to: "ca.pem")
                        let trusting = try configure(home, nginx, "certificate-authority: ca.pem")
                        func copy(_ arguments: [String], _ from: String, _ to: String) async throws
                            -> ChildProcess.Result
                        {
                            try await home.start(["copy"] + arguments + [from, to]).wait()
                        }
                        let config = ["--config", trusting]
                        // As a source, as a destination, and as both.
                        for (from, to) in [
                            ("\(nginx.host)/team/app:1", "\(registry.host)/a"),
                            ("\(registry.host)/team/app:1", "\(nginx.host)/b"),
                            ("\(nginx.host)/team/app:1", "\(nginx.host)/c"),
                        ] {
                            let result = try await copy(config, from, to)
                            #expect(result.ending == .exited(0), "\(result.errorText)")
                            #expect(!result.errorText.contains("warning"))
                            let name = try Address(to)
                            guard case .repository(let repository) = name.scope else { continue }
                            let copied = try await digest(of: "\(repository):1", in: registry.host)
                            #expect(copied == image.manifest.descriptor.digest)
                        }
                        let before = try await nginx.exchanges().count
                        let place = "https://\(nginx.host)/team/app:1"
                        let stranger = try await copy([], place, "\(registry.host)/d")
                        #expect(stranger.ending == .exited(69))
                        #expect(
                            stranger.errorText.contains("its certificate is signed by nobody whom this machine trusts"),
                            "\(stranger.errorText)"
                        )
                        #expect(
                            stranger.errorText.contains("hint: ")
                                && stranger.errorText.contains("certificate-authority")
                        )
                        #expect(try await nginx.exchanges().count == before)
                        let other = try await TestAuthority.make()
                        defer { other.remove() }
                        let wrong = try configure(home, nginx, "certificate-authority: \(other.certificate)")
                        let refused = try await copy(["--config", wrong], place, "\(registry.host)/d")
                        #expect(refused.ending == .exited(69))
                        #expect(refused.errorText.contains("nobody whom this machine trusts"), "\(refused.errorText)")
                        for missing in ["not-there.pem", "mirror.yaml"] {
                            let file = try configure(home, nginx, "certificate-authority: \(missing)")
                            let result = try await copy(["--config", file], place, "\(registry.host)/d")
                            #expect(result.ending == .exited(78), "\(result.errorText)")
                            #expect(
                                result.errorText.contains("\(home.directory)/\(missing) as certificates"),
                                "\(result.errorText)"
                            )
                        }
                    }
                }
            }
        }

        @Test func `certificates that are over, not begun, or for another name are told apart`() async throws {
            try await withTestAuthority { authority in
                let cases: [(TestAuthority.Identity, String, String)] = try await [
                    (authority.server(validity: .expired), "its certificate expired on ", "must be renewed"),
                    (authority.server(validity: .future), "its certificate is not valid before ", "check the clock"),
                    (
                        authority.server(names: ["other.test"], addresses: ["127.0.0.3"]),
                        "its certificate is for another name", "write the name that the certificate of"
                    ),
                ]
                for (identity, words, hint) in cases {
                    try await withFront(authority) { options, _ in
                        options.identity = identity
                    } _: { nginx, registry, _ in
                        try await withHome { home in
                            let file = try configure(home, nginx, "certificate-authority: \(authority.certificate)")
                            let place = "\(nginx.host)/team/app:1"
                            let result = try await home.run("copy", "--config", file, place, "\(registry.host)/a")
                            #expect(result.ending == .exited(69))
                            #expect(result.errorText.contains(words), "\(result.errorText)")
                            #expect(result.errorText.contains("hint: ") && result.errorText.contains(hint))
                            #expect(try await nginx.exchanges().isEmpty)
                        }
                    }
                }
            }
        }

        @Test func `a certificate of the client is shown to the registry that it is for`() async throws {
            try await withTestAuthority { authority in
                let client = try await authority.client(name: "mirror-client")
                try await withFront(authority) { options, _ in
                    options.clientAuthority = authority.certificate
                } _: { nginx, registry, _ in
                    try await withHome { home in
                        let trust = "certificate-authority: \(authority.certificate)"
                        let place = "\(nginx.host)/team/app:1"
                        let without = try configure(home, nginx, trust)
                        let refused = try await home.run("copy", "--config", without, place, "\(registry.host)/a")
                        #expect(refused.ending != .exited(0))
                        #expect(refused.errorText.contains("answered 400"), "\(refused.errorText)")
                        let with = try configure(
                            home,
                            nginx,
                            trust,
                            "client-certificate: \(client.certificate)",
                            "client-key: \(client.key)"
                        )
                        let copy = try await home.run("copy", "--config", with, place, "\(registry.host)/a")
                        #expect(copy.ending == .exited(0), "\(copy.errorText)")
                        let exchanges = try await nginx.exchanges(atLeast: 5).filter { $0.status == 200 }
                        #expect(!exchanges.isEmpty)
                        #expect(exchanges.allSatisfy { $0.client == "CN=mirror-client" })
                        let half = try configure(home, nginx, trust, "client-certificate: \(client.certificate)")
                        let wrong = try await home.run("copy", "--config", half, place, "\(registry.host)/a")
                        #expect(wrong.ending == .exited(78))
                        #expect(wrong.errorText.contains("client-key is missing"), "\(wrong.errorText)")
                    }
                }
            }
        }

        @Test func `skipping the verification works for the host that it is for, and is warned of at each run`()
            async throws
        {
            try await withTestAuthority { authority in
                try await withFront(authority) { options, _ in
                    options.identity = try await authority.server(names: ["other.test"], validity: .expired)
                } _: { nginx, registry, _ in
                    try await withHome { home in
                        let file = try configure(home, nginx, "skip-certificate-verification: true")
                        let warning = "the certificate of \(nginx.host) is not verified"
                        let place = "\(nginx.host)/team/app:1"
                        for options in [[], ["--quiet"], ["--dry-run"], ["--format", "json"]] {
                            let arguments = ["copy", "--config", file] + options + [place, "\(registry.host)/a"]
                            let result = try await home.start(arguments).wait()
                            #expect(result.ending == .exited(0), "\(result.errorText)")
                            let text = options.contains("json") ? result.outputText : result.errorText
                            #expect(text.contains(warning), "\(options): \(text)")
                        }
                        let doctor = try await home.run("auth", "doctor", "--config", file, nginx.host)
                        #expect(doctor.ending == .exited(0), "\(doctor.errorText)")
                        #expect(doctor.errorText.contains(warning))
                        let login = try await home.run(
                            "login",
                            nginx.host,
                            "-u",
                            "ann",
                            "--password-stdin",
                            "--config",
                            file,
                            input: "1"
                        )
                        #expect(login.errorText.contains(warning), "\(login.errorText)")
                        // Another host than the one that is named is verified: the same, by its name.
                        let other = try await home.run(
                            "copy",
                            "--config",
                            file,
                            "https://localhost:\(nginx.port)/team/app:1",
                            "\(registry.host)/a"
                        )
                        #expect(other.ending == .exited(69), "\(other.errorText)")
                        #expect(!other.errorText.contains("warning"))
                    }
                }
            }
        }

        @Test func `a least version of TLS is asked for, and its absence told`() async throws {
            try await withTestAuthority { authority in
                try await withFront(authority) { options, _ in
                    options.protocols = ["TLSv1.2"]
                } _: { nginx, registry, _ in
                    try await withHome { home in
                        let trust = "certificate-authority: \(authority.certificate)"
                        let place = "\(nginx.host)/team/app:1"
                        for (version, status) in [("1.3", Int32(69)), ("1.2", 0)] {
                            let file = try configure(home, nginx, trust, "minimum-tls: \"\(version)\"")
                            let result = try await home.run("copy", "--config", file, place, "\(registry.host)/a")
                            #expect(result.ending == .exited(status), "\(result.errorText)")
                            let words = "the host speaks none of the versions of TLS that are allowed"
                            #expect(result.errorText.contains(words) == (status != 0), "\(result.errorText)")
                        }
                        #expect(try await nginx.exchanges().allSatisfy { $0.tls == "TLSv1.2" })
                        let old = try configure(home, nginx, trust, "minimum-tls: \"1.1\"")
                        let refused = try await home.run("copy", "--config", old, place, "\(registry.host)/a")
                        #expect(refused.ending == .exited(78))
                    }
                }
            }
        }

        @Test(arguments: [
            Nginx.Options.BlobRedirect.absolute, .withoutScheme, .relative,
        ])
        func `S05: blobs are fetched where redirects lead, and another origin sees no credential`(
            _ redirect: Nginx.Options.BlobRedirect
        ) async throws {
            try await withTestAuthority { authority in
                try await withFront(authority, authentication: .htpasswd(["ann": "secret-1"])) { options, registry in
                    options.identity = try await authority.server(addresses: ["127.0.0.1", "127.0.0.2"])
                    options.blobRedirect = redirect
                    options.blobStorage = registry.storage
                    options.otherAddress = "127.0.0.2"
                    options.refusesAuthorizationForBlobs = redirect != .relative
                } _: { nginx, registry, image in
                    try await withDockerRegistry { destination in
                        try await withHome { home in
                            try home.keep("ann", "secret-1", for: nginx.host)
                            let file = try configure(home, nginx, "certificate-authority: \(authority.certificate)")
                            let copy = try await home.run(
                                "copy",
                                "--config",
                                file,
                                "\(nginx.host)/team/app:1",
                                "\(destination.host)/a"
                            )
                            #expect(copy.ending == .exited(0), "\(copy.errorText)")
                            let copied = try await digest(of: "a:1", in: destination.host)
                            #expect(copied == image.manifest.descriptor.digest)
                            let exchanges = try await nginx.exchanges(atLeast: 8)
                            let blobs = exchanges.filter { $0.uri.contains("signature=1") && $0.status == 200 }
                            #expect(blobs.count == 3, "\(exchanges)")
                            if redirect == .relative {
                                #expect(blobs.allSatisfy { $0.origin == .front })
                            } else {
                                #expect(blobs.allSatisfy { $0.origin == .other && !$0.isAuthorized })
                            }
                            #expect(exchanges.contains { $0.origin == .front && $0.isAuthorized })
                        }
                    }
                }
            }
        }

        @Test(arguments: [true, false])
        func `uploads follow the addresses that the registry gives, whole or without host`(_ isRelative: Bool)
            async throws
        {
            try await withTestAuthority { authority in
                try await withFront(authority, authentication: .htpasswd(["ann": "secret-1"])) { options, _ in
                    options.relativeLocations = isRelative
                } _: { nginx, registry, image in
                    try await withHome { home in
                        let file = try configure(home, nginx, "certificate-authority: \(authority.certificate)")
                        let login = try await home.run(
                            "login",
                            nginx.host,
                            "-u",
                            "ann",
                            "--password-stdin",
                            "--config",
                            file,
                            input: "secret-1"
                        )
                        #expect(login.ending == .exited(0), "\(login.errorText)")
                        try await withDockerRegistry { source in
                            try await put(image, "x:1", into: source.host)
                            let other = try await BuiltImage.random(seed: 2)
                            try await put(other, "x:2", into: source.host)
                            let copy = try await home.run(
                                "copy",
                                "--config",
                                file,
                                "--all-tags",
                                "\(source.host)/x",
                                "\(nginx.host)/team/copy"
                            )
                            #expect(copy.ending == .exited(0), "\(copy.errorText)")
                            let copied = try await digest(of: "team/copy:2", in: registry.host, as: Self.ann)
                            #expect(copied == other.manifest.descriptor.digest)
                            let exchanges = try await nginx.exchanges(atLeast: 8)
                            #expect(exchanges.contains { $0.method == "PUT" && $0.uri.contains("_state=") })
                            #expect(exchanges.allSatisfy { $0.tls == "TLSv1.3" })
                        }
                    }
                }
            }
        }

        @Test(.enabled(if: TLSTests.hasIPv6))
        func `an IPv6 address with a port stands for a registry as any other name does`() async throws {
            try await withTestAuthority { authority in
                try await withFront(authority) { options, _ in
                    options.addresses = ["[::1]"]
                } _: { secure, registry, image in
                    var options = Nginx.Options(upstream: registry.port)
                    options.addresses = ["[::1]"]
                    try await withNginx(options) { plain in
                        try await withHome { home in
                            let file = try configure(home, secure, "certificate-authority: \(authority.certificate)")
                            for (place, (from, to)) in [
                                (plain.host, plain.host), (secure.host, plain.host), (plain.host, secure.host),
                            ]
                            .enumerated() {
                                let result = try await home.run(
                                    "copy",
                                    "--config",
                                    file,
                                    "\(from)/team/app:1",
                                    "\(to)/copy\(place)"
                                )
                                #expect(result.ending == .exited(0), "\(result.errorText)")
                                let copied = try await digest(of: "copy\(place):1", in: registry.host)
                                #expect(copied == image.manifest.descriptor.digest)
                            }
                            #expect(try await plain.exchanges(atLeast: 1).allSatisfy { $0.host == plain.host })
                            let login = try await home.login(plain.host, "ann", "1")
                            #expect(login.outputText.contains("Login succeeded for [::1]:\(plain.port)"))
                            let doctor = try await home.run("auth", "doctor", plain.host)
                            #expect(doctor.outputText.contains("user ann, from"), "\(doctor.outputText)")
                        }
                    }
                }
            }
        }

        /// The least of a registry that takes an image, for those who say who they are.
        /// - Parameter place: Where uploads go on.
        @Sendable private static func sink(_ request: PeerRequest, uploadsAt place: String) -> PeerReply {
            let digest = request.query("digest") ?? ""
            switch (request.method, OCITestKit.RequestTally.Kind(path: request.path)) {
            case _ where request.header("authorization") == nil:
                return PeerReply(401, headers: [("WWW-Authenticate", #"Basic realm="x""#)])
            case ("POST", _): return PeerReply(202, headers: [("Location", "\(place)/v2/up/blobs/uploads/1?_state=x")])
            case ("PUT", .manifest): return PeerReply(201)
            case ("PUT", _): return PeerReply(201, headers: [("Docker-Content-Digest", digest)])
            case ("GET", .ping): return PeerReply()
            default: return .error(404, "UNKNOWN")
            }
        }

        @Test
        func `S07: an upload is not led to another host unless upload-hosts allows it, and never with credentials`()
            async throws
        {
            try await withDockerRegistry { source in
                try await put(BuiltImage.random(seed: 1), "team/app:1", into: source.host)
                try await withScriptedPeer(address: "127.0.0.2") { request in
                    PeerReply(201, headers: [("Docker-Content-Digest", request.query("digest") ?? "")])
                } _: { elsewhere in
                    try await withScriptedPeer { request in
                        Self.sink(request, uploadsAt: "http://\(elsewhere.host)")
                    } _: { registry in
                        try await withHome { home in
                            try home.keep("ann", "secret-1", for: registry.host)
                            let addresses = ["\(source.host)/team/app:1", "\(registry.host)/a"]
                            let refused = try await home.start(["copy"] + addresses).wait()
                            #expect(refused.ending == .exited(1))
                            #expect(
                                refused.errorText.contains(
                                    "the address for the upload leads to another host, http://\(elsewhere.host)"
                                ),
                                "\(refused.errorText)"
                            )
                            #expect(refused.errorText.contains("upload-hosts"), "\(refused.errorText)")
                            #expect(elsewhere.connections == 0)
                            let file = try home.configure(
                                "\"\(registry.host)\": {upload-hosts: [\"\(elsewhere.host)\"], product: oci}"
                            )
                            let copy = try await home.start(["copy", "--config", file] + addresses).wait()
                            #expect(copy.ending == .exited(0), "\(copy.errorText)")
                            #expect(elsewhere.requests.count == 3)
                            #expect(
                                elsewhere.requests.allSatisfy { $0.isComplete && $0.header("authorization") == nil }
                            )
                        }
                    }
                }
            }
        }

        @Test func `S04: a redirect from HTTPS to plain HTTP is not followed`() async throws {
            try await withTestAuthority { authority in
                try await withScriptedPeer(address: "127.0.0.2") { _ in
                    PeerReply()
                } _: { plain in
                    let location = "http://\(plain.host)/x?X-Amz-Signature=secret-2"
                    try await withScriptedPeer { _ in
                        PeerReply(307, headers: [("Location", location)])
                    } _: { peer in
                        var options = Nginx.Options(upstream: peer.port)
                        options.identity = try await authority.server()
                        try await withNginx(options) { nginx in
                            try await withHome { home in
                                let file = try configure(home, nginx, "certificate-authority: \(authority.certificate)")
                                let place = "\(nginx.host)/team/app"
                                let result = try await home.run("copy", "--config", file, "\(place):1", "\(place):2")
                                #expect(result.ending == .exited(69) || result.ending == .exited(1))
                                let words = "a redirect leads from HTTPS to plain HTTP: http://\(plain.host)"
                                #expect(result.errorText.contains(words), "\(result.errorText)")
                                #expect(!result.errorText.contains("secret-2"))
                                #expect(plain.connections == 0)
                            }
                        }
                    }
                }
            }
        }
    }
}
