// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// Several credentials for one registry.
    @Suite(.serialized)
    struct CredentialRulesTests {
        /// A registry where `ann` may do everything below `team`, and `bob` below `acme`; nobody else may do anything.
        private func withScene(
            _ body: (_ home: Home, _ registry: DockerRegistry, _ server: TokenServer, _ config: String) async throws ->
                Void
        ) async throws {
            var behaviour = TokenServer.Behaviour(users: ["ann": "secret-1", "bob": "secret-2"])
            behaviour.grant = { user, scope in
                let isOwn =
                    user == "ann" && scope.name.hasPrefix("team/") || user == "bob" && scope.name.hasPrefix("acme/")
                return isOwn ? ["pull", "push"] : []
            }
            try await withTokenServer(behaviour) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    try await withHome { home in
                        let config = try home.configure(
                            """
                            "\(registry.host)":
                              credentials:
                                - {repositories: [team/**], username: ann, password: {env: ANN}}
                                - {repositories: [acme/**], username: bob, password: {env: BOB}}
                            """
                        )
                        let home = home.with("ANN", "secret-1").with("BOB", "secret-2")
                        try await body(home, registry, server, config)
                    }
                }
            }
        }

        @Test func `two repositories of one registry are asked for with two users`() async throws {
            try await withScene { home, registry, server, config in
                let host = registry.host
                try await put(.tiny(1), "team/app:1", into: host, as: Person(name: "ann", password: "secret-1"))
                try await put(.tiny(2), "acme/tool:1", into: host, as: Person(name: "bob", password: "secret-2"))
                server.reset()
                try await withDockerRegistry { destination in
                    for name in ["team/app:1", "acme/tool:1"] {
                        let result = try await home.run(
                            "copy",
                            "--config",
                            config,
                            "\(host)/\(name)",
                            "\(destination.host)/\(name)"
                        )
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                    }
                }
                let asked = server.requests.flatMap { request in
                    request.scopeTexts.map { "\(request.user ?? "nobody") \($0)" }
                }
                #expect(Set(asked) == ["ann repository:team/app:pull", "bob repository:acme/tool:pull"], "\(asked)")
                for (place, user) in [("team/app", "ann"), ("acme/tool", "bob"), ("", "ann")] {
                    let doctor = try await home.run("auth", "doctor", "--config", config, "\(host)/\(place)")
                    #expect(doctor.outputText.contains("credential  user \(user), from $"), "\(doctor.outputText)")
                }
            }
        }

        /// The blob is held by a repository that the other one's user may not read.
        @Test(arguments: [false, true])
        func `where a mount is refused to the other user, the blob is copied`(refusesToken: Bool) async throws {
            try await withScene { home, registry, server, config in
                server.change { $0.refusesPartialGrants = refusesToken }
                let host = registry.host
                let image = try await BuiltImage.tiny(1)
                try await withDockerRegistry { source in
                    try await put(image, "x/app:1", into: source.host)
                    for name in ["team/app", "acme/app"] {
                        let result = try await home.run(
                            "copy",
                            "--config",
                            config,
                            "\(source.host)/x/app:1",
                            "\(host)/\(name)"
                        )
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        #expect(result.outputText.contains("2 copied"), "\(result.outputText)")
                    }
                    let wanted = server.requests.filter { $0.scopeTexts.count == 2 }
                    #expect(Set(wanted.map(\.user)) == ["bob"], "nobody asked for a mount")
                    let there = try await digest(
                        of: "acme/app:1",
                        in: host,
                        as: Person(name: "bob", password: "secret-2")
                    )
                    #expect(there == image.digest)
                }
            }
        }
    }
}
