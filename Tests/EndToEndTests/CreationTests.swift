// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

extension EndToEnd {
    /// Copies to registries in which something must be there before it is pushed to.
    @Suite(.serialized)
    struct CreationTests {
        private func withScene(
            _ settings: String,
            _ body: (_ copy: (String) async throws -> ChildProcess.Result, _ harbor: ProductRegistry) async throws ->
                Void
        ) async throws {
            let image = try await BuiltImage.random(seed: 3)
            try await withDockerRegistry { source in
                try await put(image, "x/app:1", into: source.host)
                try await withProductRegistry(.harbor) { harbor in
                    try await withHome { home in
                        let config = try home.configure(
                            """
                            "\(harbor.host)":
                              credentials: {username: admin, password: {env: PASSWORD}}
                              \(settings)
                            """
                        )
                        let home = home.with("PASSWORD", "Harbor12345")
                        try await body(
                            { name in
                                try await home.run(
                                    "copy",
                                    "--config",
                                    config,
                                    "\(source.host)/x/app:1",
                                    "\(harbor.host)/\(name)"
                                )
                            },
                            harbor
                        )
                        #expect(harbor.brokenTags.isEmpty)
                    }
                }
            }
        }

        @Test func `a project of Harbor is made where the config file says so`() async throws {
            try await withScene("product: harbor\n  create: {public: true}") { copy, harbor in
                for name in ["team/app", "team/other"] {
                    let result = try await copy(name)
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    #expect(harbor.digest(of: "1", in: name) != nil)
                }
                #expect(harbor.projects == ["team": true])
                #expect(harbor.exchanges.count { $0.path == "/api/v2.0/projects" } == 1)
            }
        }

        @Test func `without it, the error says what to do`() async throws {
            try await withScene("product: harbor") { copy, harbor in
                let result = try await copy("team/app")
                #expect(result.ending == .exited(1), "\(result.errorText)")
                #expect(result.errorText.contains("401 UNAUTHORIZED (project team not found"), "\(result.errorText)")
                #expect(
                    result.errorText.contains(
                        "hint: create the project team there first, or let it be done: product: harbor and create: {} of"
                    ),
                    "\(result.errorText)"
                )
                #expect(harbor.projects.isEmpty)
            }
        }
    }
}
