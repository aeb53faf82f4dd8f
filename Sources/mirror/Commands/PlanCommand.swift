// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Replication

/// `mirror plan`: what a run would do, priced.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what jobs, or a copy, would do, and what it would cost; nothing is changed.",
        discussion: """
            Words that are names of jobs of the config file are these jobs; otherwise two addresses are taken as mirror copy \
            takes them (with --from-images, one). Without words, all jobs are planned.

            To know blobs and bytes, images that differ are opened: their manifests are fetched from the source, which a \
            registry with a pull limit counts. With --open budget, no more are opened than the limit allows; with --open none, \
            only digests are compared, and sizes are estimated where the registry lists them.

            With --output, the plan is written to a file that mirror apply carries out.

            EXAMPLES
              mirror plan
              mirror plan base-images --open none
              mirror plan -o plan.jsonl && mirror apply plan.jsonl
              mirror plan 'registry.lan/team/**' localhost:5000/team
              mirror plan --from-images app.yaml localhost:5000/hub
            """
    )

    /// Which images are opened.
    enum Opening: String, ExpressibleByArgument, CaseIterable {
        case all
        case budget
        case none

        var images: ImageOpening {
            switch self {
            case .all: .all
            case .budget: .affordable
            case .none: .none
            }
        }
    }

    @Argument(help: "Jobs, or a source and a destination.")
    var words: [String] = []

    @Flag(help: "Of a repository that is named without a tag, plan all tags.")
    var allTags = false

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write the plan to a file.", valueName: "file")
    )
    var planFile: String?

    @Flag(help: "End with status 2 if anything would be done.")
    var exitCode = false

    @Option(help: "Open the images that differ (all), as many as the pull limit allows (budget), or none.")
    var open = Opening.all

    @OptionGroup var lists: ImageListOptions
    @OptionGroup var images: ImageOptions
    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let file = try configuration.file()
        let words = CopyWords(words: words, lists: lists, allTags: allTags, images: images)
        let work = try NamedWork(words, of: file) { Show(output).warn($0) }
        try images.refuse(besideJobs: work)
        let access = try configuration.access(file ?? MirrorConfiguration()) { Show(output).warn($0) }
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                var run = PlanRun(pool, output, opening: open.images, interruption)
                switch work {
                case .jobs(let jobs): await run.plan(jobs)
                case .pairs(let pairs): await run.plan(pairs, images.choice)
                }
                if let code = interruption.exitCode { return code }
                if let planFile {
                    try WholeFile.write(run.file.text(created: WallClock.now), to: URL(filePath: planFile))
                }
                return run.code == .success && exitCode && run.hasChanges ? .changes : run.code
            }
        }
    }
}
