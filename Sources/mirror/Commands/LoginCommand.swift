// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIRegistry

/// `mirror login`: finds a credential good, and keeps it where docker keeps it.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in to a registry.",
        discussion: """
            The credential is shown to the registry, and kept if it is good: by the helper that docker's config.json names \
            for the registry (credHelpers, credsStore), else in that file itself, which is $DOCKER_CONFIG/config.json or \
            ~/.docker/config.json. Docker and other tools find it there, too.

            No option takes a password, because everybody on a machine sees the options of programs.

            EXAMPLES
              mirror login registry.lan
              mirror login registry.lan -u acme --password-stdin < password
            """
    )

    @Argument(help: "The registry: host or host:port; docker.io is Docker Hub.")
    var host: String

    @Option(name: .shortAndLong, help: "The user name; without it, it is asked for.")
    var username: String?

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    @OptionGroup var configuration: ConfigOptions

    mutating func validate() throws {
        if passwordStdin, username == nil { throw ValidationError("--password-stdin needs --username.") }
    }

    func run() async throws {
        let host = try RegistryHost.argument(host)
        let environment = ProcessInfo.processInfo.environment
        let access = try configuration.access { Lines.warn($0, to: .standardError) }
        do {
            guard let credential = try credential() else { throw ExitCode(128 + SIGINT) }
            try await verifyLogin(host: host, credential: credential, access)
            let file = try CredentialFile(environment: environment)
            let place = CredentialWording.name(of: try await file.keep(credential.kind, for: host))
            print("Login succeeded for \(host); credentials are in \(place)".printable)
            for other in await otherPlaces(before: file.path, host, environment) {
                Lines.warn("\(other) has credentials for \(host), too, and comes before \(place)", to: .standardError)
            }
        } catch let code as ExitCode {
            throw code
        } catch {
            Lines.complain(error, to: .standardError)
            switch error {
            case is LoginInputError: throw ExitCode.validationFailure
            case is RegistryError: throw ExitCode.unavailable
            default: throw ExitCode.failure
            }
        }
    }

    /// What the user gives; `nil` if he breaks off.
    private func credential() throws(LoginInputError) -> Credential? {
        let origin = "the command line"
        let name = if let username { username } else { try PasswordPrompt.ask("Username: ") }
        guard !name.isEmpty else { throw .noUsername }
        guard !name.contains(":") else { throw .colon }
        if passwordStdin { return Credential(.password(username: name, try PasswordPrompt.readAll()), origin: origin) }
        guard let password = try PasswordPrompt.askSecretly("Password: ") else { return nil }
        return Credential(.password(username: name, password), origin: origin)
    }

    /// The places that would be asked before the one that was written to, and that have something to say.
    private func otherPlaces(
        before path: String,
        _ host: RegistryHost,
        _ environment: [String: String]
    ) async -> [String] {
        var places: [String] = []
        for other in DockerConfigStore.defaultLocations(environment: environment).prefix(while: { $0 != path }) {
            let store = DockerConfigStore(path: other, environment: environment)
            if let found = try? await store.credential(for: host, repository: nil) { places.append(found.origin) }
        }
        return places
    }
}

extension RegistryHost {
    /// Reads the argument of a command.
    static func argument(_ text: String) throws -> RegistryHost {
        do { return try RegistryHost(text) } catch { throw ValidationError(Wording.sentence(for: error)) }
    }
}
