// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIRegistry

/// `mirror logout`: removes what `mirror login` or `docker login` has kept.
struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Remove the credentials of a registry.",
        discussion: """
            They are removed from docker's config.json, and from the helper that it names for the registry. Credentials for \
            parts of the registry (host/path) stay, and so do those in files of other tools.
            """
    )

    @Argument(help: "The registry: host or host:port; docker.io is Docker Hub.")
    var host: String

    func run() async throws {
        let host = try RegistryHost.argument(host)
        do {
            let file = try CredentialFile(environment: ProcessInfo.processInfo.environment)
            let places = try await file.forget(host).map(CredentialWording.name)
            print(
                (places.isEmpty
                    ? "There were no credentials for \(host) in \(file.path)"
                    : "Removed the credentials for \(host) from \(places.joined(separator: " and "))")
                    .printable
            )
        } catch {
            Lines.complain(error, to: .standardError)
            throw ExitCode.failure
        }
    }
}
