// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct ConfigTests {
        private static let ann = Person(name: "ann", password: "secret-1")

        /// A program that answers as docker's helpers do.
        private static let helper = """
            #!/bin/sh
            [ "$1" = get ] || exit 1
            read -r server
            echo "$server" >> "$HOME/asked"
            echo '{"ServerURL":"x","Username":"ann","Secret":"secret-1"}'

            """

        private func configure(_ home: Home, _ host: String, _ settings: String) throws -> String {
            try home.configure("\"\(host)\":\n\(settings.split(separator: "\n").map { "  \($0)\n" }.joined())")
        }

        @Test func `credentials come from a variable, a file or a helper that the config file names`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "secret-1"])) { source in
                try await withDockerRegistry { destination in
                    let image = try await BuiltImage.random(seed: 1)
                    try await put(image, "team/app:1", into: source.host, as: Self.ann)
                    try await withHome { home in
                        try home.write("secret-1\n", to: "password")
                        try await home.install(Self.helper, as: "test")
                        let home = home.with("ANN_PASSWORD", "secret-1")
                        for (place, credentials) in [
                            "username: ann, password: {env: ANN_PASSWORD}", "username: ann, password: {file: password}",
                            "username: ann, password: {helper: test}", "helper: test",
                        ]
                        .enumerated() {
                            let file = try configure(home, source.host, "credentials: {\(credentials)}")
                            let copy = try await home.run(
                                "copy",
                                "--config",
                                file,
                                "\(source.host)/team/app:1",
                                "\(destination.host)/copy\(place)"
                            )
                            #expect(copy.ending == .exited(0), "\(credentials): \(copy.errorText)")
                            let copied = try await digest(of: "copy\(place):1", in: destination.host)
                            #expect(copied == image.manifest.descriptor.digest)
                        }
                        let asked = try String(contentsOfFile: "\(home.directory)/asked", encoding: .utf8)
                        #expect(asked == "\(source.host)\n\(source.host)\n", "once for each run")
                    }
                }
            }
        }

        @Test func `a secret that is not where the config file says is an error that says so`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "secret-1"])) { registry in
                try await withHome { home in
                    for (secret, words) in [
                        ("env: NOWHERE", "the environment variable NOWHERE is not set"),
                        ("file: nowhere", "there is no file \(home.directory)/nowhere"),
                        ("helper: nowhere", "docker-credential-nowhere: it is not on PATH"),
                    ] {
                        let file = try configure(
                            home,
                            registry.host,
                            "credentials: {username: ann, password: {\(secret)}}"
                        )
                        let doctor = try await home.run("auth", "doctor", "--config", file, registry.host)
                        #expect(doctor.ending == .exited(78))
                        #expect(doctor.errorText.contains(words), "\(doctor.errorText)")
                        let place = "\(registry.host)/a/b"
                        let copy = try await home.run("copy", "--config", file, "\(place):1", "\(place):2")
                        #expect(copy.ending == .exited(69) || copy.ending == .exited(1) || copy.ending == .exited(78))
                        #expect(copy.errorText.contains(words), "\(copy.errorText)")
                    }
                }
            }
        }

        @Test func `helpers that fail, flood, mumble or have strange names end with a sentence, and tell nothing`()
            async throws
        {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "secret-1"])) { registry in
                try await withHome { home in
                    try await home.install(
                        "#!/bin/sh\necho 'secret-2 on stdout'\necho 'secret-2 on stderr' >&2\nexit 3\n",
                        as: "fails"
                    )
                    try await home.install(
                        "#!/bin/sh\nwhile :; do echo secret-2-secret-2-secret-2; done\n",
                        as: "floods"
                    )
                    try await home.install(
                        "#!/bin/sh\necho secret-2 is no JSON\n",
                        as: "mumbles"
                    )
                    for (name, words) in [
                        ("fails", "cannot ask docker-credential-fails: it ended with status 3"),
                        ("floods", "cannot ask docker-credential-floods: it answered more than"),
                        ("mumbles", "cannot ask docker-credential-mumbles: its answer cannot be read"),
                        ("../fails", "this cannot be the name of a helper"),
                        ("a b", "this cannot be the name of a helper"),
                    ] {
                        try home.write(#"{"credHelpers":{"\#(registry.host)":"\#(name)"}}"#, to: "docker/config.json")
                        let result = try await home.run("auth", "doctor", registry.host)
                        #expect(result.ending != .exited(0))
                        #expect(result.errorText.contains(words), "\(result.errorText)")
                        #expect(!(result.errorText + result.outputText).contains("secret-2"), "\(name)")
                    }
                    try await home.install(Self.helper, as: "test")
                    try home.write(#"{"credsStore":"test"}"#, to: "docker/config.json")
                    let result = try await home.run("auth", "doctor", registry.host)
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    #expect(result.outputText.contains("user ann, from docker-credential-test, which"))
                }
            }
        }

        @Test func `what is wrong in a config file is told line by line, and makes the exit status 78`() async throws {
            try await withHome { home in
                let file = try home.write(
                    """
                    version: 1
                    registries:
                      registry.test:
                        certificate-autority: ca.pem
                        limits: {requests: 0}
                        credentials:
                          username: ann
                          password: secret-3
                      a b: {}
                    jobs: []

                    """,
                    to: "mirror.yaml"
                )
                for words in [
                    ["copy", "--config", file, "a.test/b:1", "b.test/b"],
                    ["auth", "doctor", "--config", file, "a.test"],
                ] {
                    let result = try await home.start(words).wait()
                    #expect(result.ending == .exited(78), "\(result.errorText)")
                    let lines = result.errorText.split(separator: "\n").map(String.init)
                    #expect(
                        lines.map { $0.prefix { $0 != " " } } == [
                            "\(file):4:5:", "\(file):5:24:", "\(file):8:17:", "\(file):9:3:", "\(file):10:7:",
                        ],
                        "\(lines)"
                    )
                    #expect(lines[0].contains("did you mean certificate-authority?"))
                    #expect(lines[2].contains("write {env: NAME} or {file: PATH}"))
                    #expect(!result.errorText.contains("secret-3"))
                }
                let missing = try await home.run("copy", "--config", "\(file).not", "a.test/b:1", "b.test/b")
                #expect(missing.ending == .exited(78))
                #expect(missing.errorText.contains("there is no config file \(file).not"))
            }
        }

        @Test func `transport decides the scheme, unless the address is written with another one`() async throws {
            try await withDockerRegistry { registry in
                try await put(BuiltImage.random(seed: 1), "team/app:1", into: registry.host)
                var options = ConnectProxy.Options()
                options.routes["registry.test:5000"] = registry.port
                try await withConnectProxy(options) { proxy in
                    try await withHome { home in
                        let home = home.with("HTTP_PROXY", proxy.url)
                        let to = "\(registry.host)/copy"
                        let file = try home.configure(
                            """
                            registry.test:5000: {transport: http}
                            "\(registry.host)": {transport: https}
                            """
                        )
                        let byName = ["copy", "--config", file, "registry.test:5000/team/app:1"]
                        let copy = try await home.start(byName + ["http://\(to)"]).wait()
                        #expect(copy.ending == .exited(0), "\(copy.errorText)")
                        #expect(Set(proxy.requests.map(\.target)) == ["registry.test:5000"])
                        // S14: HTTPS is not left again where the host answers plain HTTP.
                        let secure = try await home.start(byName + [to]).wait()
                        #expect(secure.ending == .exited(69), "\(secure.errorText)")
                        #expect(secure.errorText.contains("answers plain HTTP where HTTPS was expected"))
                        #expect(secure.errorText.contains("hint: write http://\(registry.host)/"))
                        let written = try configure(home, registry.host, "transport: http")
                        let plain = try await home.run(
                            "copy",
                            "--config",
                            written,
                            "\(registry.host)/team/app:1",
                            "\(registry.host)/copy2"
                        )
                        #expect(plain.ending == .exited(0), "\(plain.errorText)")
                    }
                }
            }
        }

        @Test func `limits bound the requests that are under way at a host`() async throws {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    try await fill(source, with: Workload.small())
                    try await withCountingProxy(port: source.port) { front in
                        try await withCountingProxy(port: destination.port) { back in
                            try await withHome { home in
                                let file = try home.configure(
                                    """
                                    "\(front.host)": {limits: {requests: 1}}
                                    "\(back.host)": {limits: {requests: 2}}
                                    """
                                )
                                let copy = try await home.run(
                                    "copy",
                                    "--config",
                                    file,
                                    "\(front.host)/",
                                    "\(back.host)/"
                                )
                                #expect(copy.ending == .exited(0), "\(copy.errorText)")
                                // Reads and writes have a bound each; nothing is written to the source.
                                #expect(front.tally.highestConcurrency == 1)
                                #expect(back.tally.highestConcurrency <= 4)
                            }
                        }
                    }
                    #expect(try await allTags(of: source) == allTags(of: destination))
                }
            }
        }

        @Test func `timeouts end what does not move`() async throws {
            try await withScriptedPeer { _ in
                PeerReply().failing(.hang(afterBodyBytes: nil))
            } _: { peer in
                try await withHome { home in
                    let file = try configure(home, peer.host, "timeouts: {idle: 300ms}")
                    let result = try await home.run("auth", "doctor", "--config", file, peer.host)
                    #expect(result.ending == .exited(69))
                    #expect(result.errorText.contains("nothing moved for"), "\(result.errorText)")
                    #expect(result.wallTime < .seconds(3))
                }
            }
        }

        @Test func `S01: a token server elsewhere is shown the credential only if token-servers names it`() async throws
        {
            let ann = Self.ann
            try await withTokenServer(.init(users: ["ann": "secret-1"]), address: "127.0.0.2") { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    try await withHome { home in
                        try home.keep(ann.name, ann.password, for: registry.host)
                        let refused = try await home.run("auth", "doctor", registry.host)
                        #expect(refused.ending == .exited(69))
                        #expect(refused.errorText.contains("and is not shown the credential"), "\(refused.errorText)")
                        #expect(refused.errorText.contains("hint: if that host may see the credential"))
                        #expect(server.peer.connections == 0)
                        let file = try configure(home, registry.host, "token-servers: [\"\(server.host)\"]")
                        let result = try await home.run("auth", "doctor", "--config", file, "\(registry.host)/a/b")
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        #expect(server.requests.last?.user == "ann")
                    }
                }
            }
        }
    }
}
