// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import OCITestKit
import Testing

/// A user of the program, with a home of his own in which nothing is.
struct Home: Sendable {
    let directory: String
    /// Variables besides those that every home has.
    var variables: [String: String] = [:]

    /// Docker's file of credentials, in a folder that is not there yet.
    var credentialFile: String { "\(directory)/docker/config.json" }

    /// All that programs see; nothing of the machine's real user is in it.
    var environment: [String: String] { Self.environment(in: directory).merging(variables) { $1 } }

    static func environment(in directory: String) -> [String: String] {
        [
            "PATH": "\(directory)/bin:/usr/bin:/bin", "HOME": directory, "DOCKER_CONFIG": "\(directory)/docker",
            "XDG_STATE_HOME": "\(directory)/state", "XDG_CONFIG_HOME": "\(directory)/config",
            "XDG_RUNTIME_DIR": "\(directory)/runtime", "XDG_CACHE_HOME": "\(directory)/cache",
        ]
    }

    /// The same home with one more variable.
    func with(_ name: String, _ value: String) -> Home {
        var home = self
        home.variables[name] = value
        return home
    }

    /// Runs the program to its end.
    func run(_ arguments: String..., input: String = "") async throws -> ChildProcess.Result {
        try await start(arguments, input: input).wait()
    }

    /// Starts the program.
    func start(_ arguments: [String], input: String = "") async throws -> ChildProcess {
        try await Program.start(arguments, environment: environment, input: Array(input.utf8))
    }

    /// Logs in by the program.
    func login(_ host: String, _ user: String, _ password: String) async throws -> ChildProcess.Result {
        try await run("login", host, "-u", user, "--password-stdin", input: password)
    }

    /// Writes a file, and the folders that it is in.
    /// - Returns: Its path.
    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let url = URL(filePath: "\(directory)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
        return url.path
    }

    /// Writes a helper for credentials, to be found on `PATH`.
    ///
    /// Another program puts it in its place: a file that this process had open for writing cannot be started as long as a
    /// program that is just being started has inherited it.
    func install(_ script: String, as name: String) async throws {
        let source = try write(script, to: "helpers/\(name)")
        let place = "\(directory)/bin/docker-credential-\(name)"
        let result = try await ChildProcess.run("install", ["-D", "-m", "755", source, place])
        #expect(result.succeeded, "\(result.errorText)")
    }

    /// Writes a config file with what stands below `registries:`.
    /// - Returns: Its path.
    func configure(_ registries: String) throws -> String {
        let lines = registries.split(separator: "\n").map { "  \($0)\n" }
        return try write("version: 1\nregistries:\n\(lines.joined())", to: "mirror.yaml", mode: 0o644)
    }

    /// Writes a credential into a file as docker keeps it.
    /// - Parameter name: The path of the file in the home.
    func keep(_ user: String, _ password: String, for key: String, in name: String = "docker/config.json") throws {
        let text = Data("\(user):\(password)".utf8).base64EncodedString()
        try write(#"{"auths":{"\#(key)":{"auth":"\#(text)"}}}"#, to: name)
    }

    /// The permissions of a file or folder; `nil` if it is not there.
    func mode(of path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]) as? Int
    }
}

/// Runs `body` with a home, which is removed after it.
func withHome<Value: Sendable>(_ body: (Home) async throws -> Value) async throws -> Value {
    let home = Home(directory: Program.temporaryPath("home"))
    try FileManager.default.createDirectory(atPath: home.directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: home.directory) }
    return try await body(home)
}

/// Somebody whom a registry knows, for the library.
struct Person: CredentialStore {
    let name: String
    let password: String

    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
        Credential(.password(username: name, Secret(password)), origin: "a test")
    }
}

/// Lends the library's view of a registry that lets in who has a password.
func withEndpoint<Value: Sendable>(
    of host: String,
    as person: Person,
    _ body: (RemoteEndpoint) async throws -> Value
) async throws -> Value {
    let access = RegistryAccess(credentials: person)
    let remote = RemoteRegistry(host: try RegistryHost(host), scheme: .http, access: access)
    do {
        let value = try await body(remote.endpoint())
        try await remote.shutdown()
        return value
    } catch {
        try? await remote.shutdown()
        throw error
    }
}

/// Writes an image into a registry.
/// - Parameter name: Such as `team/app:1`.
func put(_ image: BuiltImage, _ name: String, into host: String, as person: Person? = nil) async throws {
    let address = try Address("\(host)/\(name)")
    guard case .image(let repository, .tag(let tag)) = address.scope else { preconditionFailure("\(name)") }
    let person = person ?? Person(name: "nobody", password: "none")
    try await withEndpoint(of: host, as: person) { try await image.write(to: $0[repository], as: tag) }
}

/// What a tag in a registry points to.
func digest(of name: String, in host: String, as person: Person? = nil) async throws -> Digest? {
    let address = try Address("\(host)/\(name)")
    guard case .image(let repository, let target) = address.scope else { preconditionFailure("\(name)") }
    let person = person ?? Person(name: "nobody", password: "none")
    return try await withEndpoint(of: host, as: person) { try await $0[repository].resolve(target)?.digest }
}
