// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// `mirror apply`: exactly what a plan says.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Carry out a plan that mirror plan --output wrote.",
        discussion: """
            Each image is copied by the digest that the plan has, and its tag is set only if the destination is still what the \
            plan counted on; otherwise the image is refused, with what it found, and the others go on.

            EXAMPLES
              mirror plan -o plan.jsonl && mirror apply plan.jsonl
            """
    )

    @Argument(help: "The file of the plan.")
    var plan: String

    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let path = plan
        let plan: PlanFile = try ConfigOptions.complaining { try PlanFile(reading: path) }
        let file = try configuration.file()
        let access = try configuration.access(file ?? MirrorConfiguration()) { Show(output).warn($0) }
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                var worst = ExitCode.success
                for section in plan.sections where interruption.exitCode == nil {
                    let run = ApplyRun(section, pool, output, file)
                    guard let code = try await run.apply(interruption) else {
                        worst = worst.worse(.locked)
                        continue
                    }
                    worst = worst.worse(code)
                }
                return interruption.exitCode ?? worst
            }
        }
    }
}
