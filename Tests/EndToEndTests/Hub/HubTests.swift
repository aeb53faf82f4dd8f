// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// Docker Hub by its real names, which a proxy leads to a double behind real TLS.
    @Suite(.serialized)
    struct HubTests {
        private static let names = [
            "registry-1.docker.io", "auth.docker.io", "production.cloudflare.docker.com", "hub.docker.com",
        ]

        /// A double of Docker Hub, and a home from which it is reached.
        private struct Place {
            let hub: HubDouble
            let proxy: ConnectProxy
            let home: Home
            let config: String
            let image: BuiltImage
            let destination: DockerRegistry

            /// Copies to a repository of the destination.
            func copy(_ source: String, _ target: String, _ options: String...) async throws -> ChildProcess.Result {
                let addresses = [source, "\(destination.host)/\(target)"]
                return try await home.start(["copy", "--config", config] + options + addresses).wait()
            }
        }

        private func withHub(
            _ change: (inout HubDouble.Behaviour) -> Void = { _ in },
            _ body: (Place) async throws -> Void
        )
            async throws
        {
            let image = try await BuiltImage.random(seed: 7)
            let old = try await BuiltImage.random(seed: 8)
            let source = try await MemoryEndpoint.holding([
                "library/nginx:latest": image, "library/nginx:1": old, "ann/private:1": image,
            ])
            var behaviour = HubDouble.Behaviour()
            behaviour.authURL = "https://\(Self.names[1])"
            behaviour.blobsURL = "https://\(Self.names[2])"
            behaviour.apiURL = "https://\(Self.names[3])"
            change(&behaviour)
            try await withTestAuthority { authority in
                let identity = try await authority.server(names: Self.names, addresses: [])
                try await withHubDouble(of: source, behaviour) { hub in
                    func front(_ peer: ScriptedPeer) -> Nginx.Options {
                        var options = Nginx.Options(upstream: peer.port)
                        options.identity = identity
                        return options
                    }
                    try await withNginx(front(hub.registry)) { registry in
                        try await withNginx(front(hub.auth)) { auth in
                            try await withNginx(front(hub.blobs)) { blobs in
                                try await withNginx(front(hub.api)) { api in
                                    var options = ConnectProxy.Options()
                                    for (name, nginx) in zip(Self.names, [registry, auth, blobs, api]) {
                                        options.routes["\(name):443"] = nginx.port
                                    }
                                    try await withConnectProxy(options) { proxy in
                                        try await withDockerRegistry { destination in
                                            try await withHome { home in
                                                let file = try home.configure(
                                                    "docker.io: {certificate-authority: \(authority.certificate)}"
                                                )
                                                try await body(
                                                    Place(
                                                        hub: hub,
                                                        proxy: proxy,
                                                        home: home.with("HTTPS_PROXY", proxy.url),
                                                        config: file,
                                                        image: image,
                                                        destination: destination
                                                    )
                                                )
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }

        @Test(arguments: [
            "nginx", "docker.io/nginx", "index.docker.io/library/nginx", "https://docker.io/library/nginx:latest",
        ])
        func `Docker Hub has one name, and is asked as it wants to be`(_ name: String) async throws {
            try await withHub { place in
                let copy = try await place.copy(name, "hub/nginx", "--verbose")
                #expect(copy.ending == .exited(0), "\(copy.errorText)")
                let copied = try await digest(of: "hub/nginx:latest", in: place.destination.host)
                #expect(copied == place.image.manifest.descriptor.digest)
                // The hosts, and no other.
                #expect(Set(place.proxy.requests.map(\.target)) == Set(Self.names.map { "\($0):443" }))
                // One token for one scope: how many pulls are left, the answer about the image tells, too.
                let tokens = place.hub.tokenRequests
                #expect(tokens.map(\.scopeTexts) == [["repository:library/nginx:pull"]])
                for token in tokens {
                    #expect(token.method == "GET")
                    #expect(token.service == "registry.docker.io")
                    #expect(!token.isAuthorized)
                }
                let transcript = place.hub.transcript
                let registry = transcript.filter { $0.role == .registry }
                #expect(registry.allSatisfy { $0.path.hasPrefix("/v2/library/nginx/") })
                // A pull is the GET of a manifest; there is one, of one manifest.
                let manifests = registry.filter { $0.path.contains("/manifests/") && $0.status == 200 }
                #expect(manifests.count { $0.method == "GET" } == 1, "\(transcript)")
                #expect(place.hub.pulls == 1)
                #expect(place.hub.behaviour.pullsLeft == 99)
                #expect(registry.allSatisfy { $0.method == "GET" || $0.method == "HEAD" })
                let blobs = transcript.filter { $0.role == .blobs }
                #expect(blobs.count == 3)
                #expect(blobs.allSatisfy { $0.authorization == nil && $0.status == 200 }, "\(blobs)")
                // K03: what is said of them is said without the signature of their addresses.
                #expect(copy.errorText.contains("https://production.cloudflare.docker.com/"))
                #expect(!copy.errorText.replacing("?verify=… ", with: "").contains("verify="))

                // What is there already costs no pull.
                let again = try await place.copy(name, "hub/nginx")
                #expect(again.outputText.contains("0 published, 1 equal"), "\(again.outputText)")
                #expect(place.hub.pulls == 1)
            }
        }

        @Test func `credentials for Docker Hub are under docker's key for it, as login writes it`() async throws {
            try await withHub {
                $0.users = ["ann": "secret-1"]
                $0.privateRepositories = ["ann/private"]
                $0.userPullsLeft = ["ann": 200]
            } _: { place in
                let home = place.home
                let nobody = try await place.copy("ann/private:1", "private")
                #expect(nobody.ending != .exited(0))
                #expect(nobody.errorText.contains("mirror login docker.io"), "\(nobody.errorText)")
                try home.keep("ann", "secret-1", for: "https://index.docker.io/v1/")
                let copy = try await place.copy("ann/private:1", "private")
                #expect(copy.ending == .exited(0), "\(copy.errorText)")
                #expect(place.hub.behaviour.userPullsLeft == ["ann": 199])
                #expect(place.hub.behaviour.pullsLeft == 100)
                let doctor = try await home.run("auth", "doctor", "--config", place.config, "docker.io/ann/private")
                #expect(doctor.outputText.contains("user ann, from \(home.credentialFile)"), "\(doctor.outputText)")
                #expect(doctor.outputText.contains("by tokens of https://auth.docker.io (service registry.docker.io)"))

                for name in ["docker.io", "index.docker.io"] {
                    try FileManager.default.removeItem(atPath: home.credentialFile)
                    let options = ["-u", "ann", "--password-stdin", "--config", place.config]
                    let wrong = try await home.start(["login", name] + options, input: "wrong").wait()
                    #expect(wrong.ending == .exited(69), "\(wrong.errorText)")
                    let login = try await home.start(["login", name] + options, input: "secret-1").wait()
                    #expect(login.ending == .exited(0), "\(login.errorText)")
                    #expect(login.outputText.contains("Login succeeded for docker.io"))
                    let text = try String(contentsOfFile: home.credentialFile, encoding: .utf8)
                    #expect(text.contains(#""https://index.docker.io/v1/""#), "\(text)")
                }
                let logout = try await home.run("logout", "docker.io")
                #expect(logout.outputText.contains("Removed the credentials for docker.io"))
            }
        }

        @Test func `Docker Hub as a whole cannot be listed, which is said with what to name instead`() async throws {
            try await withHub { place in
                let result = try await place.copy("docker.io/", "")
                #expect(result.ending == .exited(69))
                #expect(result.errorText.contains("docker.io does not list its repositories"), "\(result.errorText)")
                #expect(result.errorText.contains("name a namespace, as in 'docker.io/acme/**', or a repository"))
            }
        }

        @Test func `a tag of Docker Hub that is new costs one pull, one that is there none`() async throws {
            try await withHub { place in
                for pulls in [2, 2] {
                    let result = try await place.copy("nginx", "hub/nginx", "--all-tags")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    #expect(place.hub.pulls == pulls)
                }
            }
        }

        @Test func `a pull limit that is used up makes the exit status 1, and is told as what it is`() async throws {
            try await withHub {
                $0.pullsLeft = 1
            } _: { place in
                let result = try await place.copy("nginx", "hub/nginx", "--all-tags")
                #expect(result.ending == .exited(1))
                #expect(result.outputText.contains("1 published, 0 equal, 1 postponed"), "\(result.outputText)")
                #expect(
                    result.errorText.contains("docker.io gives no more for now: 0 of 100 pulls left"),
                    "\(result.errorText)"
                )
                #expect(result.errorText.contains("hint: run the same command again later"))
                #expect(place.hub.pulls == 1)
                // It is known, and not tried.
                #expect(!place.hub.transcript.contains { $0.status == 429 })
            }
        }
    }
}
