// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
@testable import OCIRegistry
import Testing

extension CredentialProcessTests {
    @Suite struct CredentialFileTests {
        private let login = Credential.Kind.password(username: "me", Secret("s:ä"))

        private func found(_ places: CredentialPlaces, _ host: RegistryHost) async throws -> Credential.Kind? {
            try await DockerConfigStore(path: places.path(".docker/config.json"), environment: places.environment)
                .credential(for: host, repository: nil)?
                .kind
        }

        @Test func `a login makes the folder and the file for their owner alone`() async throws {
            try await CredentialPlaces.with { places in
                let file = try CredentialFile(environment: places.environment)
                #expect(file.path == places.path(".docker/config.json"))
                #expect(try await file.keep(login, for: .dockerHub) == .file(file.path))
                #expect(
                    try places.text(".docker/config.json") == """
                        {
                        \t"auths": {
                        \t\t"https://index.docker.io/v1/": {
                        \t\t\t"auth": "bWU6czrDpA=="
                        \t\t}
                        \t}
                        }

                        """
                )
                #expect(try places.mode(".docker/config.json") == 0o600)
                #expect(try places.mode(".docker") == 0o700)
                #expect(try await found(places, .dockerHub) == login)
                #expect(try FileManager.default.contentsOfDirectory(atPath: places.path(".docker")) == ["config.json"])
            }
        }

        @Test func `what else is in the file stays as it is, and in its order`() async throws {
            try await CredentialPlaces.with { places in
                try places.write(
                    """
                    {"psFormat":"table {{.ID}}\\t\\u00e4", "HttpHeaders":{"X":"y"},"detachKeys" : 1e400,
                     "auths":{"other.lan":{"auth":"YTpi","email":"e"}, "r.lan":{"auth":"b2xkOm9sZA==","email":"e"}},
                     "list":[1,[],{},null,true,-0.50]}
                    """,
                    to: ".docker/config.json",
                    mode: 0o644
                )
                let file = try CredentialFile(environment: places.environment)
                _ = try await file.keep(login, for: RegistryHost("r.lan"))
                #expect(
                    try places.text(".docker/config.json") == """
                        {
                        \t"psFormat": "table {{.ID}}\\t\\u00e4",
                        \t"HttpHeaders": {
                        \t\t"X": "y"
                        \t},
                        \t"detachKeys": 1e400,
                        \t"auths": {
                        \t\t"other.lan": {
                        \t\t\t"auth": "YTpi",
                        \t\t\t"email": "e"
                        \t\t},
                        \t\t"r.lan": {
                        \t\t\t"auth": "bWU6czrDpA=="
                        \t\t}
                        \t},
                        \t"list": [
                        \t\t1,
                        \t\t[],
                        \t\t{},
                        \t\tnull,
                        \t\ttrue,
                        \t\t-0.50
                        \t]
                        }

                        """
                )
                #expect(try places.mode(".docker/config.json") == 0o600)
            }
        }

        @Test func `a logout removes all names of the registry, and nothing else`() async throws {
            try await CredentialPlaces.with { places in
                try places.write(
                    """
                    {"auths":{"r.lan":{"auth":"YTpi"},"https://r.lan/v1/":{"auth":"YTpi"},
                     "r.lan/team":{"auth":"YTpi"},"r.lan:5000":{"auth":"YTpi"}},"x":1}
                    """,
                    to: ".docker/config.json"
                )
                let file = try CredentialFile(environment: places.environment)
                let host = try RegistryHost("r.lan")
                #expect(try await file.forget(host) == [.file(file.path)])
                let text = try places.text(".docker/config.json")
                #expect(!text.contains("\"r.lan\"") && !text.contains("https"))
                #expect(text.contains("r.lan/team") && text.contains("r.lan:5000") && text.contains("\"x\": 1"))
                #expect(try await file.forget(host) == [])
                #expect(try places.text(".docker/config.json") == text)
            }
        }

        @Test func `a logout without a file makes none`() async throws {
            try await CredentialPlaces.with { places in
                let file = try CredentialFile(environment: places.environment)
                #expect(try await file.forget(.dockerHub) == [])
                #expect(!FileManager.default.fileExists(atPath: places.path(".docker")))
            }
        }

        @Test(arguments: [#"{"credsStore":"keeps"}"#, #"{"credHelpers":{"r.lan":"keeps"},"credsStore":"wrong"}"#])
        func `a login goes to the helper that is configured, and the file gets no secret`(_ text: String) async throws {
            try await CredentialPlaces.with { places in
                try places.keeper("keeps")
                try places.write(text, to: ".docker/config.json")
                let file = try CredentialFile(environment: places.environment)
                let host = try RegistryHost("r.lan")
                let secret = Credential.Kind.password(username: "me", Secret(CredentialPlaces.canary))
                #expect(try await file.keep(secret, for: host) == .helper("keeps"))
                #expect(try await found(places, host) == secret)
                let written = try places.text(".docker/config.json")
                #expect(!written.contains("\"auth\"") && written.contains("\"r.lan\": {}"))
                #expect(try await file.forget(host) == [.helper("keeps")])
                #expect(try await found(places, host) == nil)
                #expect(try await file.forget(host) == [])
            }
        }

        @Test func `a helper that fails leaves the file as it was, and its words unsaid`() async throws {
            try await CredentialPlaces.with { places in
                try places.helper("fails", "cat; cat >&2; echo \(CredentialPlaces.canary) >&2; exit 1")
                let text = #"{"credsStore":"fails"}"#
                try places.write(text, to: ".docker/config.json")
                let file = try CredentialFile(environment: places.environment)
                let failure = CredentialHelperError(helper: "fails", verb: "store", reason: .failed(1))
                await CredentialPlaces.expectError(failure) {
                    _ = try await file.keep(
                        .password(username: "me", Secret(CredentialPlaces.canary)),
                        for: RegistryHost("r.lan")
                    )
                }
                #expect(try places.text(".docker/config.json") == text)
            }
        }

        @Test(arguments: ["there/real.json", "missing/real.json"])
        func `a file that is a link is written where it points to`(_ target: String) async throws {
            try await CredentialPlaces.with { places in
                try places.write("{\"x\":1}", to: "there/real.json")
                try places.write("", to: ".docker/other")
                try FileManager.default.createSymbolicLink(
                    atPath: places.path(".docker/config.json"),
                    withDestinationPath: "../\(target)"
                )
                let file = try CredentialFile(environment: places.environment)
                _ = try await file.keep(login, for: .dockerHub)
                #expect(
                    try FileManager.default.destinationOfSymbolicLink(atPath: places.path(".docker/config.json"))
                        == "../\(target)"
                )
                #expect(try places.text(target).contains("bWU6czrDpA=="))
                #expect(try places.mode(target) == 0o600)
                #expect(try await found(places, .dockerHub) == login)
            }
        }

        @Test func `links in a circle end with an error`() async throws {
            try await CredentialPlaces.with { places in
                try places.write("", to: ".docker/other")
                for (from, to) in [("config.json", "b"), ("b", "config.json")] {
                    try FileManager.default.createSymbolicLink(
                        atPath: places.path(".docker/\(from)"),
                        withDestinationPath: to
                    )
                }
                let file = try CredentialFile(environment: places.environment)
                await #expect(throws: SmallFileError.self) { try await file.keep(login, for: .dockerHub) }
            }
        }

        @Test func `a broken file is not overwritten`() async throws {
            try await CredentialPlaces.with { places in
                for text in ["{\"auths\": ", "{\"auths\": []}", "{\"auths\":{},\"auths\":{}}"] {
                    try places.write(text, to: ".docker/config.json")
                    let file = try CredentialFile(environment: places.environment)
                    await #expect(throws: CredentialFileError.self) { try await file.keep(login, for: .dockerHub) }
                    #expect(try places.text(".docker/config.json") == text)
                }
            }
        }

        @Test func `an identity token is kept as docker keeps it`() async throws {
            try await CredentialPlaces.with { places in
                let file = try CredentialFile(
                    environment: places.environment.merging(["DOCKER_CONFIG": places.path("d")]) { $1 }
                )
                let host = try RegistryHost("r.lan")
                _ = try await file.keep(.identityToken(Secret("t")), for: host)
                let store = DockerConfigStore(path: places.path("d/config.json"), environment: [:])
                #expect(try await store.credential(for: host, repository: nil)?.kind == .identityToken(Secret("t")))
            }
        }

        @Test func `without a home there is no place`() {
            #expect(throws: CredentialFolderUnknown()) { try CredentialFile(environment: [:]) }
        }
    }
}
