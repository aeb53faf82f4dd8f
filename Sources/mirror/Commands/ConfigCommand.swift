// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `mirror config`: what the config file says.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check and explain the config file.",
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self, ConfigSchemaCommand.self]
    )
}

/// `mirror config check`: all mistakes of the file at once.
struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say everything that is wrong with the config file, a line each: FILE:LINE:COLUMN: key: what.",
        discussion: """
            Nothing is asked of any registry. Ends with status 78 if something is wrong.

            EXAMPLES
              mirror config check
              mirror config check --config /srv/mirror.yaml
            """
    )

    @OptionGroup var configuration: ConfigOptions

    func run() async throws {
        let file = try configuration.requiredFile()
        let registries = Measures.count(file.registries.count, "registry", "registries")
        for job in file.jobs {
            var warnings = job.warnings
            if case .references(let list) = job.content.value, let path = list.missing {
                warnings.append("there is no file \(path) yet")
            }
            for warning in warnings { Lines.warn("\(file.file): job \(job.name): \(warning)", to: .standardError) }
        }
        print("\(file.file): \(Measures.count(file.jobs.count, "job")), \(registries), no mistakes")
    }
}

/// `mirror config show`: what holds for a job, and where that comes from.
struct ConfigShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what holds for jobs, and from which line of the config file it comes.",
        discussion: """
            EXAMPLES
              mirror config show
              mirror config show base-images
            """
    )

    @Argument(help: "The jobs to show; all of the file if none is named.")
    var jobs: [String] = []

    @OptionGroup var configuration: ConfigOptions

    func run() async throws {
        let file = try configuration.requiredFile()
        let chosen = try ConfigOptions.complaining { try JobChoice.jobs(jobs, of: file) }
        let style = Terminal.standardOutput.style
        print(chosen.map { JobText.text($0, file, style) }.joined(separator: "\n\n"))
    }
}

/// `mirror config schema`: for editors.
struct ConfigSchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the config file, with which editors complete and check it.",
        discussion: """
            EXAMPLES
              mirror config schema > mirror.schema.json
            """
    )

    func run() async throws { print(ConfigSchema.document(FileKeys.shape, required: [FileKeys.version.name])) }
}
