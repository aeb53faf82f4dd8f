// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// `mirror serve`, as other tools and other registries see it.
    @Suite(.serialized)
    struct ServeTests {
        private func skopeo(_ arguments: String..., home: Home) async throws -> ChildProcess.Result {
            try await ChildProcess.run(
                "skopeo",
                ["--insecure-policy"] + arguments,
                environment: home.environment.merging(["XDG_RUNTIME_DIR": home.directory]) { $1 }
            )
        }

        @Test func `skopeo copies, inspects, lists, synchronises and deletes`() async throws {
            try await withHome { home in
                try await withEmbeddedRegistry(Program.path) { registry in
                    let image = try await BuiltImage.random(seed: 11)
                    try await put(image, "team/app:1", into: registry.host)
                    let reference = "docker://\(registry.host)/team/app"
                    let source = ["--src-tls-verify=false", "\(reference):1"]
                    for (format, tag) in [("oci", "oci"), ("v2s2", "docker")] {
                        let result = try await skopeo(
                            "copy",
                            "--dest-tls-verify=false",
                            "--format",
                            format,
                            source[0],
                            source[1],
                            "\(reference):\(tag)",
                            home: home
                        )
                        #expect(result.succeeded, "\(result.errorText)")
                    }
                    let digest = try await skopeo(
                        "inspect",
                        "--tls-verify=false",
                        "--format",
                        "{{.Digest}}",
                        "\(reference):oci",
                        home: home
                    )
                    #expect(digest.outputText.contains("\(image.manifest.descriptor.digest)"), "\(digest.errorText)")
                    let tags = try await skopeo("list-tags", "--tls-verify=false", reference, home: home)
                    for tag in ["\"1\"", "\"oci\"", "\"docker\""] { #expect(tags.outputText.contains(tag)) }
                    let pulled = "\(home.directory)/pulled"
                    let sync = try await skopeo(
                        "sync",
                        "--src-tls-verify=false",
                        "--src",
                        "docker",
                        "--dest",
                        "dir",
                        "\(registry.host)/team/app",
                        pulled,
                        home: home
                    )
                    #expect(sync.succeeded, "\(sync.errorText)")
                    let back = try await skopeo(
                        "sync",
                        "--dest-tls-verify=false",
                        "--src",
                        "dir",
                        "--dest",
                        "docker",
                        pulled,
                        "\(registry.host)/back",
                        home: home
                    )
                    #expect(back.succeeded, "\(back.errorText)")
                    #expect(try await self.digest("back/app:oci", registry) == image.manifest.descriptor.digest)
                    let deleted = try await skopeo("delete", "--tls-verify=false", "\(reference):docker", home: home)
                    #expect(deleted.succeeded, "\(deleted.errorText)")
                    #expect(try await self.digest("team/app:docker", registry) == nil)
                }
            }
        }

        private func digest(_ name: String, _ registry: EmbeddedRegistry) async throws -> Digest? {
            try await EndToEndTests.digest(of: name, in: registry.host)
        }

        @Test func `a registry of Docker's and ours hold the same after a copy each way`() async throws {
            try await withDockerRegistry { docker in
                try await fill(docker, with: Workload.small())
                try await withEmbeddedRegistry(Program.path) { registry in
                    let first = try await Program.run("copy", "\(docker.host)/", "\(registry.host)/")
                    #expect(first.ending == .exited(0), "\(first.errorText)")
                    let again = try await Program.run("copy", "\(docker.host)/", "\(registry.host)/")
                    #expect(again.ending == .exited(0))
                    #expect(again.outputText.contains("0 published"), "\(again.outputText)")
                    let expected = try await allTags(of: docker)
                    try await docker.empty()
                    let back = try await Program.run("copy", "\(registry.host)/", "\(docker.host)/")
                    #expect(back.ending == .exited(0), "\(back.errorText)")
                    #expect(try await allTags(of: docker) == expected)
                    try await expectWholeImages(docker)
                }
            }
        }

        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/buildah")))
        func `buildah pushes and pulls`() async throws {
            try await withHome { home in
                let buildah = try Buildah(in: home)
                let policy = buildah.policy
                let made = try await buildah.run(["from", "--name", "work", "scratch"])
                guard made.succeeded else { try Test.cancel("buildah cannot make containers here: \(made.errorText)") }
                try home.write("content", to: "file", mode: 0o644)
                try await buildah("add", "work", "\(home.directory)/file", "/file")
                try await buildah("commit", policy, "work", "localhost/made:1")
                try await withEmbeddedRegistry(Program.path) { registry in
                    let reference = "docker://\(registry.host)/built/app:1"
                    try await buildah("push", policy, "--tls-verify=false", "localhost/made:1", reference)
                    #expect(try await self.digest("built/app:1", registry) != nil)
                    try await buildah("rmi", "--all", "--force")
                    try await buildah("pull", policy, "--tls-verify=false", "\(registry.host)/built/app:1")
                }
            }
        }

        @Test func `the first signal lets requests end, and the exit status is 0`() async throws {
            for signal in [SIGTERM, SIGINT] {
                let registry = try await EmbeddedRegistry.start(Program.path)
                let connection = try await RawConnection.open(registry.host)
                let digest = Digester.digest(of: Array("1234567890".utf8))
                await connection.send(
                    "POST /v2/a/blobs/uploads/?digest=\(digest) HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                        + "Content-Length: 10\r\n\r\n"
                )
                try await connection.wait { $0.text.contains("100 Continue") }
                registry.send(signal)
                try await refusal(registry)
                await connection.send("1234567890")
                #expect(try await connection.readToEnd().contains("HTTP/1.1 201 "))
                #expect(await registry.wait().ending == .exited(0))
                try await registry.restart()
                let reply = try await PlainHTTP.request("GET", registry.host, "/v2/a/blobs/\(digest)")
                #expect(reply.body == Array("1234567890".utf8))
                await registry.stop()
            }
        }

        /// Waits until no connection is taken any more.
        private func refusal(_ registry: EmbeddedRegistry) async throws {
            let deadline = ContinuousClock.now + .seconds(20)
            while (try? await PlainHTTP.request("GET", registry.host, "/v2/")) != nil {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        @Test func `a client that never ends its request holds nothing up for longer than the grace`() async throws {
            let registry = try await EmbeddedRegistry.start(Program.path, ["--grace", "1"])
            let connection = try await RawConnection.open(registry.host)
            await connection.send("POST /v2/a/blobs/uploads/?digest=\(Digester.digest(of: [1])) HTTP/1.1\r\n")
            await connection.send("Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
            try await connection.wait { $0.text.contains("100 Continue") }
            registry.send(SIGTERM)
            #expect(await registry.wait().ending == .exited(0))
            await registry.stop()
        }

        @Test func `a second signal ends it at once`() async throws {
            let registry = try await EmbeddedRegistry.start(Program.path, ["--grace", "3600"])
            let connection = try await RawConnection.open(registry.host)
            await connection.send("POST /v2/a/blobs/uploads/?digest=\(Digester.digest(of: [1])) HTTP/1.1\r\n")
            await connection.send("Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n")
            try await connection.wait { $0.text.contains("100 Continue") }
            registry.send(SIGTERM)
            try await refusal(registry)
            registry.send(SIGTERM)
            #expect(await registry.wait().ending == .exited(143))
            await registry.stop()
        }

        @Test(arguments: [
            (["--listen", "0.0.0.0:0"], 78, "everybody who can reach it could read and write"),
            (["--listen", ":0"], 78, "--allow-anonymous"),
            (["--listen", "nonsense:x"], 64, "Not an address"),
            (["--allow", "ci:pull:**"], 78, "there is no --htpasswd"),
            (["--allow", "ci:read:**"], 78, "not pull, push or delete"),
            (["--htpasswd", "/nonexistent"], 78, "cannot read /nonexistent"),
            (["--tls-key", "x"], 64, "go together"),
            (["--tls-key", "/nonexistent", "--tls-certificate", "/nonexistent"], 78, "cannot use /nonexistent"),
            (["--listen", "203.0.113.1:5000", "--allow-anonymous"], 69, "cannot listen on 203.0.113.1:5000"),
        ])
        func `a server that would be open by mistake, or cannot be started, is not`(
            _ arguments: [String],
            code: Int32,
            text: String
        ) async throws {
            try await withHome { home in
                let result = try await home.start(["serve", "--store", "\(home.directory)/store"] + arguments).wait()
                #expect(result.ending == .exited(code), "\(result.errorText)")
                #expect(result.errorText.contains(text), "\(result.errorText)")
            }
        }

        @Test func `users sign in with our own client, and do what they may`() async throws {
            try await withHome { home in
                let entry = try await ChildProcess.run(
                    "htpasswd",
                    ["-n", "-i", "-B", "-C", "4", "ci"],
                    input: Array("canary".utf8)
                )
                let file = try home.write(entry.outputText, to: "users")
                let rules = ["--htpasswd", file, "--allow", "ci:pull,push:team/**", "--access-log", "common"]
                try await withEmbeddedRegistry(Program.path, rules) { registry in
                    let image = try await BuiltImage.random(seed: 12)
                    let ci = Person(name: "ci", password: "canary")
                    try await put(image, "team/app:1", into: registry.host, as: ci)
                    #expect(
                        try await EndToEndTests.digest(of: "team/app:1", in: registry.host, as: ci)
                            == image.manifest.descriptor.digest
                    )
                    await #expect(throws: (any Error).self) {
                        try await put(image, "other/app:1", into: registry.host, as: ci)
                    }
                    await #expect(throws: (any Error).self) { try await put(image, "team/app:2", into: registry.host) }
                    let login = try await home.login(registry.host, "ci", "wrong")
                    #expect(login.ending != .exited(0))
                    #expect(try await home.login(registry.host, "ci", "canary").ending == .exited(0))
                }
            }
        }
    }
}
