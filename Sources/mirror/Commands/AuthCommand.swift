// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIRegistry

/// `mirror auth`: what is known about credentials.
struct AuthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth",
        abstract: "Look into credentials.",
        subcommands: [AuthDoctorCommand.self]
    )
}

/// `mirror auth doctor`: which credential is used for a registry, from where, and what it brings.
struct AuthDoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Show which credential is used for a registry, from where, and what it brings; never the secret.",
        discussion: """
            Credentials are looked for in this order, and the first one found is used:
              1. the config file (--config)
              2. $REGISTRY_AUTH_FILE
              3. $XDG_RUNTIME_DIR/containers/auth.json
              4. $XDG_CONFIG_HOME/containers/auth.json, or ~/.config/containers/auth.json
              5. $DOCKER_CONFIG/config.json, or ~/.docker/config.json
              6. what a cloud gives, for registries that are of it by their names:
                   AWS     private registries; keys from where its SDKs look for them
                   Google  if $GOOGLE_APPLICATION_CREDENTIALS is set
                   Azure   if $AZURE_TENANT_ID, $AZURE_CLIENT_ID and $AZURE_CLIENT_SECRET
                           or $AZURE_FEDERATED_TOKEN_FILE are set
            In files of docker and containers: the helper for the registry (credHelpers), the helper for all (credsStore), \
            the entries (auths), the most specific first.

            EXAMPLES
              mirror auth doctor registry.lan
              mirror auth doctor registry.lan/team/app
            """
    )

    @Argument(help: "A registry, or a repository of it; without it, the registries of the config file.")
    var place: String?

    @OptionGroup var configuration: ConfigOptions

    func run() async throws {
        let access = try configuration.access { Lines.warn($0, to: .standardError) }
        var code = ExitCode.success
        for place in try places(access) {
            let outcome = await examine(place, access)
            if code == .success { code = outcome }
        }
        throw code
    }

    private func places(_ access: RegistryAccesses) throws -> [RegistrySubject] {
        if let place { return [try RegistrySubject(argument: place)] }
        guard !access.configuredHosts.isEmpty else { throw ValidationError("Name a registry: host or host:port.") }
        return access.configuredHosts.map { RegistrySubject(host: $0) }
    }

    private func examine(_ subject: RegistrySubject, _ access: RegistryAccesses) async -> ExitCode {
        let (host, repository) = (subject.host, subject.repository)
        print(subject.name)
        do {
            let credential = try await access.credential(for: host, repository: repository)
            print("  credential  \(DoctorText.credential(credential))".printable)
            let registry = try access.registry(host, written: subject.scheme)
            let outcome = await Result { try await registry.endpoint().diagnose(repository) }
            try? await registry.shutdown()
            let diagnosis = try outcome.get()
            for line in DoctorText.lines(diagnosis) { print(line.printable) }
            return diagnosis.missing.isEmpty ? .success : .failure
        } catch {
            Lines.complain(error, to: .standardError)
            let isElsewhere = error is RegistryError || (error as? CloudCredentialError)?.isOfService == true
            return isElsewhere ? .unavailable : .configuration
        }
    }
}

extension Result where Failure == any Error {
    /// The outcome of something asynchronous.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
