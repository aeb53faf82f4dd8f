// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The config file that a command reads.
struct ConfigOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read this config file, YAML or JSON.", valueName: "file"))
    var config: String?

    /// How registries are reached, by the file, the environment and where credentials are kept.
    ///
    /// All that is wrong is printed, a line each, before the command ends with status 78.
    func access(warn: @escaping @Sendable (String) -> Void) throws -> RegistryAccesses {
        do {
            return try RegistryAccesses(config: config, warn: warn)
        } catch {
            Lines.complain(error, to: .standardError)
            throw ExitCode.configuration
        }
    }
}
