// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct DoctorTests {
        @Test func `doctor names the user and the file, for a registry that takes passwords`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "secret-1"])) { registry in
                try await withHome { home in
                    let stranger = try await home.run("auth", "doctor", registry.host)
                    #expect(stranger.ending == .exited(69))
                    #expect(stranger.outputText.contains("credential  none: requests are anonymous"))
                    #expect(stranger.errorText.contains("the registry answered 401"), "\(stranger.errorText)")
                    #expect(try await home.login(registry.host, "ann", "secret-1").succeeded)
                    for place in [registry.host, "\(registry.host)/", "\(registry.host)/team/app"] {
                        let result = try await home.run("auth", "doctor", place)
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        #expect(
                            result.outputText == """
                                \(place.hasSuffix("/") ? registry.host : place)
                                  credential  user ann, from \(home.credentialFile)
                                  signs in    by user name and password, which the registry takes

                                """
                        )
                        #expect(result.errorText == "")
                    }
                    try home.keep("ann", "secret-2", for: registry.host)
                    let wrong = try await home.run("auth", "doctor", registry.host)
                    #expect(wrong.ending == .exited(69))
                    #expect(wrong.outputText.contains("user ann, from \(home.credentialFile)"))
                    #expect(!(wrong.outputText + wrong.errorText).contains("secret-2"))
                }
            }
        }

        @Test func `doctor names the token server, what it grants, and what is missing`() async throws {
            var behaviour = TokenServer.Behaviour(users: ["ann": "secret-1", "bob": "secret-2"])
            behaviour.grant = { user, _ in user == "bob" ? ["pull", "push"] : user == "ann" ? ["pull"] : [] }
            try await withTokenServer(behaviour) { server in
                try await withDockerRegistry(authentication: server.authentication) { registry in
                    try await withHome { home in
                        let app = "\(registry.host)/team/app"
                        let head = "  signs in    by tokens of http://\(server.host) (service registry.test)"
                        func doctor(_ place: String) async throws -> (ChildProcess.Ending, [String]) {
                            let result = try await home.run("auth", "doctor", place)
                            #expect(result.errorText == "")
                            #expect(!result.outputText.contains("secret"))
                            return (
                                result.ending, result.outputText.split(separator: "\n").dropFirst().map(String.init)
                            )
                        }
                        let nobody = try await doctor(app)
                        #expect(nobody.0 == .exited(1))
                        #expect(
                            nobody.1 == [
                                "  credential  none: requests are anonymous", head,
                                "  granted     nothing in particular",
                                "  missing     repository:team/app:pull, repository:team/app:push",
                            ]
                        )
                        try home.keep("ann", "secret-1", for: registry.host)
                        let ann = try await doctor(app)
                        #expect(ann.0 == .exited(1))
                        #expect(
                            ann.1 == [
                                "  credential  user ann, from \(home.credentialFile)", head,
                                "  granted     repository:team/app:pull", "  missing     repository:team/app:push",
                            ]
                        )
                        let whole = try await doctor(registry.host)
                        #expect(whole.0 == .exited(0))
                        #expect(whole.1.dropFirst() == [head, "  granted     nothing in particular"])
                        try home.keep("bob", "secret-2", for: registry.host)
                        let bob = try await doctor(app)
                        #expect(bob.0 == .exited(0))
                        #expect(
                            bob.1.last == "  granted     repository:team/app:pull, repository:team/app:push",
                            "\(bob.1)"
                        )
                    }
                }
            }
        }

        @Test func `doctor looks at all registries of a config file, and needs one or the other`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "1"])) { closed in
                try await withDockerRegistry { open in
                    try await withHome { home in
                        let file = try home.configure(
                            """
                            "\(closed.host)":
                              credentials:
                                username: ann
                                password: {env: ANN}
                            "\(open.host)":
                              limits: {requests: 2}
                            """
                        )
                        let home = home.with("ANN", "1")
                        let result = try await home.run("auth", "doctor", "--config", file)
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        let text = result.outputText
                        #expect(
                            text.contains("\(closed.host)\n  credential  user ann, from $ANN, which \(file) names\n")
                        )
                        #expect(
                            text.contains(
                                """
                                \(open.host)
                                  credential  none: requests are anonymous
                                  signs in    not at all: the registry asks for nothing
                                """
                            ),
                            "\(text)"
                        )
                        let bare = try await home.run("auth", "doctor")
                        #expect(bare.ending == .exited(64))
                        #expect(bare.errorText.contains("Name a registry"))
                        let pattern = try await home.run("auth", "doctor", "\(open.host)/a/*")
                        #expect(pattern.ending == .exited(64))
                    }
                }
            }
        }

        /// Each place in turn is the first that has something; then it is taken away.
        @Test func `credentials are found in the documented order`() async throws {
            try await withDockerRegistry { registry in
                try await withHome { home in
                    let host = registry.host
                    let config = try home.configure(
                        """
                        "\(host)":
                          credentials: {username: u0, password: {file: password}}
                        """
                    )
                    try home.write("0\n", to: "password")
                    let files = [
                        "named.json", "runtime/containers/auth.json", "config/containers/auth.json",
                        "docker/config.json",
                    ]
                    for (place, file) in files.enumerated() { try home.keep("u\(place + 1)", "1", for: host, in: file) }
                    let home = home.with("REGISTRY_AUTH_FILE", "\(home.directory)/named.json")
                    func doctor(_ arguments: String...) async throws -> String {
                        try await home.start(["auth", "doctor", "\(host)/team/app"] + arguments).wait().outputText
                    }
                    let first = try await doctor("--config", config)
                    #expect(
                        first.contains("user u0, from \(home.directory)/password, which \(config) names"),
                        "\(first)"
                    )
                    for (place, file) in files.enumerated() {
                        let text = try await doctor()
                        #expect(text.contains("user u\(place + 1), from \(home.directory)/\(file)\n"), "\(text)")
                        try FileManager.default.removeItem(atPath: "\(home.directory)/\(file)")
                    }
                    #expect(try await doctor().contains("none: requests are anonymous"))
                    // The most specific key comes first.
                    let keys = ["", "/team", "/team/app"].enumerated()
                        .map { place, path in
                            #""\#(host)\#(path)":{"auth":"\#(Data("k\(place):1".utf8).base64EncodedString())"}"#
                        }
                    try home.write("{\"auths\":{\(keys.joined(separator: ","))}}", to: "config/containers/auth.json")
                    #expect(try await doctor().contains("user k2, from"))
                }
            }
        }
    }
}
