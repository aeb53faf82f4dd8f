// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Which config file a command reads.
struct ConfigOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read this config file, YAML or JSON.", valueName: "file"))
    var config: String?

    /// What the file says; the defaults if none is named.
    ///
    /// All that is wrong with it is printed, a line each, before the command ends.
    func load() throws -> MirrorConfiguration {
        guard let config else { return MirrorConfiguration() }
        do {
            return try MirrorConfiguration.read(config)
        } catch let error as ConfigMistakes {
            Terminal.standardError.write(ConfigWording.lines(for: error).map { $0 + "\n" }.joined())
        } catch {
            Lines.complain(error, to: .standardError)
        }
        throw ExitCode.badConfiguration
    }
}

extension ExitCode {
    /// The config file cannot be used.
    static let badConfiguration = ExitCode(78)
}
