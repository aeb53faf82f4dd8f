// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import Testing

@testable import mirror

@Suite(.serialized) struct ConfigCredentialStoreTests {
    private let canary = "c4n4ry-Zs9"

    /// Asks for the credential of a registry whose `credentials:` are given, with files and a helper in a folder.
    private func ask(_ credentials: String, variables: [String: String] = [:]) async throws -> Credential? {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mirror-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in ["line": "\(canary)\n", "lines": "\(canary)\n\n", "dos": "\(canary)\r\n", "empty": "\n"] {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        try Data([0xFF]).write(to: folder.appending(path: "binary"))
        let helper = folder.appending(path: "docker-credential-some")
        let script = """
            #!/bin/sh
            if grep -q r.lan; then echo '{"Username":"helped","Secret":"\(canary)"}'
            else echo credentials not found in native keychain; exit 1; fi
            """
        try Data(script.utf8).write(to: helper)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: helper.path)
        let text = """
            version: 1
            registries: { r.lan: { credentials: \(credentials) }, s.lan: { credentials: \(credentials) } }
            """
        let configuration = try MirrorConfiguration(parsing: Array(text.utf8), file: "\(folder.path)/m.yaml")
        var environment = variables
        environment["PATH"] = "\(folder.path):/usr/bin:/bin"
        let store = ConfigCredentialStore(
            configuration,
            environment: environment,
            clouds: CloudCredentials(environment: environment)
        )
        #expect(try await store.credential(for: RegistryHost("other.lan"), repository: nil) == nil)
        return try await store.credential(
            for: RegistryHost(variables["HOST"] ?? "r.lan"),
            repository: RepositoryName("team/app")
        )
    }

    @Test(arguments: [
        ("{ username: me, password: { env: TOKEN } }", "me"), ("{ username: me, password: { file: line } }", "me"),
        ("{ username: me, password: { file: dos } }", "me"), ("{ username: me, password: { helper: some } }", "me"),
        ("{ helper: some }", "helped"),
    ])
    func `a password comes from where the file says`(_ credentials: String, username: String) async throws {
        let credential = try await ask(credentials, variables: ["TOKEN": canary])
        #expect(credential?.kind == .password(username: username, Secret(canary)))
        #expect(credential?.origin.hasSuffix("m.yaml names") == true)
    }

    @Test func `only one newline at the end of a file does not count`() async throws {
        let credential = try await ask("{ identity-token: { file: lines } }")
        #expect(credential?.kind == .identityToken(Secret("\(canary)\n")))
    }

    @Test func `an identity token comes from a variable`() async throws {
        let credential = try await ask("{ identity-token: { env: TOKEN } }", variables: ["TOKEN": canary])
        #expect(credential?.kind == .identityToken(Secret(canary)))
    }

    @Test func `a helper that has nothing leaves it to the next place`() async throws {
        #expect(try await ask("{ helper: some }", variables: ["HOST": "s.lan"]) == nil)
    }

    @Test(arguments: [
        ("{ username: me, password: { env: TOKEN } }", "the environment variable TOKEN is not set"),
        ("{ username: me, password: { env: EMPTY } }", "the environment variable EMPTY is not set"),
        ("{ username: me, password: { file: absent } }", "there is no file FOLDER/absent"),
        ("{ username: me, password: { file: empty } }", "the file FOLDER/empty is empty"),
        ("{ username: me, password: { file: binary } }", "the file FOLDER/binary is not UTF-8"),
        ("{ username: me, password: { helper: some } }", "docker-credential-some has none"),
    ])
    func `what is missing is named`(_ credentials: String, reason: String) async throws {
        let error = try await #require(throws: SettingError.self) {
            try await ask(credentials, variables: ["EMPTY": "", "HOST": "s.lan"])
        }
        let folder = try #require(error.file.components(separatedBy: "/m.yaml").first)
        #expect(
            Wording.sentence(for: error)
                == "cannot find the credentials of s.lan that \(folder)/m.yaml names: "
                + reason.replacingOccurrences(of: "FOLDER", with: folder)
        )
    }
}
