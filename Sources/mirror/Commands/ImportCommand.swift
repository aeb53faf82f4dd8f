// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI

/// `mirror import`: the images of bundles to a registry, a store or a layout.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Copy the images of bundles that mirror export wrote to a registry or a store of repositories.",
        discussion: """
            A bundle is read where it lies: nothing is unpacked; from standard input (-) it is kept in a file meanwhile. Before anything is changed, its whole structure is checked, and \
            every byte is checked against its digest before a tag moves. What the destination has already is not sent again, so \
            an import can be repeated at any time.

            A repository is called as its path was, without the registry: docker.io/library/nginx becomes library/nginx below \
            the destination. With --map, the first rule that fits says its name, and a repository that no rule names is \
            refused. A rule's left side is an address (docker.io/**, registry.lan/team/*, registry.lan/team/app; a slash \
            in front, as in /**, for what came from a folder), its right side what takes the place of the part before the star.

            EXAMPLES
              mirror import images.tar localhost:5000/
              mirror import images.tar registry.far/mirrored
              mirror import --map 'docker.io/**=hub/**' --map 'quay.io/**=quay/**' images.tar localhost:5000/
              ssh near mirror export -o - registry.lan/team/app:1.4 | mirror import - localhost:5000/
              mirror import --dry-run images.tar layout:/srv/store
            """
    )

    @Argument(help: ArgumentHelp("Bundles, and where their images go.", valueName: "file ... destination"))
    var words: [String] = []

    @Option(
        name: .customLong("map"),
        help: ArgumentHelp("What repositories are called; may stand several times.", valueName: "from=to")
    )
    var maps: [String] = []

    @Flag(help: "Print what would be done, and change nothing.")
    var dryRun = false

    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    mutating func validate() throws {
        guard words.count >= 2 else {
            throw ValidationError("A bundle and a destination are needed: FILE DESTINATION.")
        }
    }

    func run() async throws {
        let destination: Address
        let rules: [NameRule]
        do {
            destination = try Address.base(words[words.count - 1])
            rules = try maps.map { try NameRule($0) }
            _ = try NameMapping(from: Address(place: .bundle(words[0]), scope: .registry), to: destination)
        } catch {
            throw ValidationError(Wording.sentenceAndHint(for: error))
        }
        let access = try configuration.access(warn: Show(output).warn)
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                var worst = ExitCode.success
                for file in words.dropLast() where interruption.exitCode == nil {
                    let run = ImportRun(
                        file: file,
                        destination: destination,
                        rules: rules,
                        pool: pool,
                        show: Show(output)
                    )
                    worst = worst.worse(dryRun ? await run.plan(interruption) : await run.copy(interruption))
                }
                return interruption.exitCode ?? worst
            }
        }
    }
}
