// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
@testable import OCI
@testable import OCIRegistry
import Testing

extension CredentialProcessTests {
    @Suite struct DockerConfigStoreTests {
        private func credential(
            in text: String,
            _ host: String,
            _ repository: String? = nil
        ) async throws -> Credential? {
            var found: Credential?
            try await CredentialPlaces.with { places in
                let path = try places.write(text, to: "config.json")
                found = try await DockerConfigStore(path: path, environment: places.environment)
                    .credential(for: RegistryHost(host), repository: repository.map { try RepositoryName($0) })
            }
            return found
        }

        private static func auth(_ name: String) -> String {
            #"{"auth":"\#(Data("\(name):secret".utf8).base64EncodedString())"}"#
        }

        @Test(
            arguments: [
                (#""registry.lan": A"#, "registry.lan", "a"),
                (#""REGISTRY.lan:5000": A"#, "registry.lan:5000", "a"),
                (#""https://registry.lan/v1/": A"#, "registry.lan", "a"),
                (#""http://registry.lan:5000/v2/": A"#, "registry.lan:5000", "a"),
                (#""https://registry.lan": A"#, "registry.lan", "a"),
                (#""registry.lan/v1/": A"#, "registry.lan", "a"),
                (#""registry.lan": A"#, "registry.lan:5000", nil),
                (#""registry.lan:5000": A"#, "registry.lan", nil),
                (#""notregistry.lan": A"#, "registry.lan", nil),
                (#""[::1]:5000": A"#, "[::1]:5000", "a"),
                // The key of today counts before older ones, whatever the order.
                (#""https://registry.lan/v1/": A, "registry.lan": B"#, "registry.lan", "b"),
                (#""registry.lan": B, "https://registry.lan/v1/": A"#, "registry.lan", "b"),
                // An entry that a helper left behind hides nothing.
                (#""registry.lan": {}, "https://registry.lan": A"#, "registry.lan", "a"),
                (#""registry.lan": {}"#, "registry.lan", nil),
                // Docker Hub has many names.
                (#""https://index.docker.io/v1/": A"#, "docker.io", "a"),
                (#""https://index.docker.io/v1/": A"#, "index.docker.io", "a"),
                (#""docker.io": A"#, "docker.io", "a"),
                (#""index.docker.io": A"#, "docker.io", "a"),
                (#""registry-1.docker.io": A"#, "docker.io", "a"),
                (#""https://index.docker.io/v1/refresh-token": A"#, "docker.io", nil),
                (#""https://index.docker.io/v1/access-token": A, "https://index.docker.io/v1/": B"#, "docker.io", "b"),
            ] as [(String, String, String?)]
        )
        func `a key names a registry`(_ entries: String, host: String, user: String?) async throws {
            let text = entries.replacing("A", with: Self.auth("a")).replacing("B", with: Self.auth("b"))
            #expect(try await credential(in: "{\"auths\":{\(text)}}", host)?.username == user)
        }

        @Test(
            arguments: [
                ("team/app", "app"), ("team/app/sub", "app"), ("team/other", "team"), ("teamwork/app", "all"),
                ("other", "all"), (nil, "all"),
            ] as [(String?, String)]
        )
        func `the most specific key counts`(_ repository: String?, user: String) async throws {
            let text = """
                {"auths": {"r.lan": \(Self.auth("all")), "r.lan/team/app": \(Self.auth("app")),
                 "r.lan/team": \(Self.auth("team")), "other.lan/team/app": \(Self.auth("wrong"))}}
                """
            #expect(try await credential(in: text, "r.lan", repository)?.username == user)
        }

        @Test(
            arguments: [
                (#"{"auth":"YTpiOmM="}"#, .password(username: "a", Secret("b:c"))),
                (#"{"auth":"YTpiAAA="}"#, .password(username: "a", Secret("b"))),
                (#"{"auth":"","username":"a","password":"b"}"#, .password(username: "a", Secret("b"))),
                (#"{"username":"a","password":"b"}"#, .password(username: "a", Secret("b"))),
                (#"{"auth":"YTo=","identitytoken":"t"}"#, .identityToken(Secret("t"))),
                (#"{"identitytoken":"t","registrytoken":"r"}"#, .registryToken(Secret("r"))),
                (#"{"auth":null,"email":"x"}"#, nil),
            ] as [(String, Credential.Kind?)]
        )
        func `an entry holds one of several kinds`(_ entry: String, kind: Credential.Kind?) async throws {
            #expect(try await credential(in: #"{"auths":{"r.lan":\#(entry)}}"#, "r.lan")?.kind == kind)
        }

        private static let encodedCanary = Data(CredentialPlaces.canary.utf8).base64EncodedString()

        @Test(
            arguments: [
                (#"{"auths":{"r.lan":{"auth":"\#(encodedCanary)"}}}"#, "auths.r.lan.auth", .missingColon),
                (#"{"auths":{"r.lan":{"auth":"!\#(CredentialPlaces.canary)"}}}"#, "auths.r.lan.auth", .invalidBase64),
                (#"{"auths":{"r.lan":{"auth":"/w=="}}}"#, "auths.r.lan.auth", .invalidBase64),
                (#"{"auths":{"r.lan":{"auth":7}}}"#, "auths.r.lan.auth", .expected("a text")),
                (#"{"auths":{"r.lan":"\#(CredentialPlaces.canary)"}}"#, "auths.r.lan", .expected("an object")),
                (#"{"auths":["\#(CredentialPlaces.canary)"]}"#, "auths", .expected("an object")),
                (#"{"credHelpers":{"r.lan":{}}}"#, "credHelpers.r.lan", .expected("a text")),
                (#"{"credsStore":true}"#, "credsStore", .expected("a text")),
                (
                    #"{"auths":{"r.lan":{"auth":"\#(CredentialPlaces.canary)","auth":""}}}"#, "",
                    .invalidJSON(StrictJSONError(offset: 39, reason: .duplicateName("auth")))
                ),
                (
                    "\(CredentialPlaces.canary)", "",
                    .invalidJSON(StrictJSONError(offset: 0, reason: .expected("an object")))
                ),
            ] as [(String, String, CredentialFileError.Reason)]
        )
        func `a broken file is told by path and key, without what stands there`(
            _ text: String,
            key: String,
            reason: CredentialFileError.Reason
        ) async throws {
            try await CredentialPlaces.with { places in
                let path = try places.write(text, to: "config.json")
                let store = DockerConfigStore(path: path, environment: places.environment)
                await CredentialPlaces.expectError(CredentialFileError(path: path, key: key, reason: reason)) {
                    _ = try await store.credential(for: RegistryHost("r.lan"), repository: nil)
                }
            }
        }

        @Test func `a broken entry for one registry is no matter for another`() async throws {
            let text = #"{"auths":{"r.lan":{"auth":"!"},"s.lan":\#(Self.auth("a"))}}"#
            #expect(try await credential(in: text, "s.lan")?.username == "a")
        }

        @Test func `what is missing or empty has no credentials, what is no file or too large is refused`() async throws
        {
            try await CredentialPlaces.with { places in
                let host = try RegistryHost("r.lan")
                func ask(_ path: String) async throws -> Credential? {
                    try await DockerConfigStore(path: path, environment: [:]).credential(for: host, repository: nil)
                }
                #expect(try await ask(places.path("absent")) == nil)
                #expect(try await ask(places.path("absent/below")) == nil)
                #expect(try await ask("/dev/null") == nil)
                #expect(try await ask(places.write(" \n", to: "blank")) == nil)
                let folder = places.folder.path
                await CredentialPlaces.expectError(SmallFileError(path: folder, reason: .notAFile)) {
                    _ = try await ask(folder)
                }
                let large = try places.write(String(repeating: " ", count: 1 << 20) + "{}", to: "large")
                await CredentialPlaces.expectError(SmallFileError(path: large, reason: .tooLarge(1 << 20))) {
                    _ = try await ask(large)
                }
                let pipe = places.path("pipe")
                #expect(mkfifo(pipe, 0o600) == 0)
                await CredentialPlaces.expectError(SmallFileError(path: pipe, reason: .notAFile)) {
                    _ = try await ask(pipe)
                }
            }
        }

        @Test func `a registry's own helper comes before the one for all, and both before the file`() async throws {
            try await CredentialPlaces.with { places in
                try places.helper("own", #"echo '{"Username":"own","Secret":"s"}'"#)
                try places.helper(
                    "all",
                    """
                    grep -q both && echo '{"Username":"all","Secret":"s"}' && exit 0
                    echo credentials not found in native keychain; exit 1
                    """
                )
                let path = try places.write(
                    """
                    {"credHelpers": {"own.lan": "own"}, "credsStore": "all",
                     "auths": {"own.lan": \(Self.auth("file")), "both.lan": \(Self.auth("file")),
                     "file.lan": \(Self.auth("file"))}}
                    """,
                    to: "config.json"
                )
                let store = DockerConfigStore(path: path, environment: places.environment)
                func name(_ host: String) async throws -> Credential? {
                    try await store.credential(for: RegistryHost(host), repository: nil)
                }
                let own = try await name("own.lan")
                #expect(own?.username == "own")
                #expect(own?.origin == "docker-credential-own, which \(path) names")
                #expect(try await name("both.lan")?.username == "all")
                let file = try await name("file.lan")
                #expect(file?.username == "file")
                #expect(file?.origin == path)
                #expect(try await name("none.lan") == nil)
            }
        }

        @Test func `the helper of Docker Hub may be named under each of its names`() async throws {
            for key in ["docker.io", "https://index.docker.io/v1/", "index.docker.io"] {
                try await CredentialPlaces.with { places in
                    try places.helper("hub", #"echo '{"Username":"hub","Secret":"s"}'"#)
                    let path = try places.write(#"{"credHelpers":{"\#(key)":"hub"}}"#, to: "config.json")
                    let store = DockerConfigStore(path: path, environment: places.environment)
                    #expect(try await store.credential(for: .dockerHub, repository: nil)?.username == "hub")
                }
            }
        }

        @Test(arguments: [
            (0o600, #"{"auths":{"a":{"auth":"YTpi"}}}"#, false), (0o400, #"{"auths":{"a":{"auth":"YTpi"}}}"#, false),
            (0o644, #"{"auths":{"a":{"auth":"YTpi"}}}"#, true), (0o660, #"{"auths":{"a":{"auth":"YTpi"}}}"#, true),
            (0o644, #"{"auths":{"a":{}},"credsStore":"x"}"#, false), (0o644, "broken", false),
        ])
        func `a file with secrets that others may read is warned of`(mode: Int, text: String, warns: Bool) async throws
        {
            try await CredentialPlaces.with { places in
                let path = try places.write(text, to: "config.json", mode: mode)
                let warning = DockerConfigStore(path: path, environment: [:]).warning()
                #expect(warning == (warns ? CredentialFileWarning(path: path, mode: UInt32(mode)) : nil))
            }
        }

        @Test(
            arguments: [
                ([:], []),
                (["HOME": "/h"], ["/h/.config/containers/auth.json", "/h/.docker/config.json"]),
                (
                    [
                        "HOME": "/h", "REGISTRY_AUTH_FILE": "/r", "XDG_RUNTIME_DIR": "/run/u", "XDG_CONFIG_HOME": "/x",
                        "DOCKER_CONFIG": "/d",
                    ],
                    ["/r", "/run/u/containers/auth.json", "/x/containers/auth.json", "/d/config.json"]
                ),
                (["HOME": "", "DOCKER_CONFIG": "", "XDG_RUNTIME_DIR": ""], []),
            ] as [([String: String], [String])]
        )
        func `the places have an order`(_ environment: [String: String], places: [String]) {
            #expect(DockerConfigStore.defaultLocations(environment: environment) == places)
        }
    }
}
