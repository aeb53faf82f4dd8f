// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCILayout

/// `mirror import`: the images of bundles to a registry, a store or a layout.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Copy the images of bundles that mirror export wrote to a registry or a store of repositories.",
        discussion: """
            A bundle is read where it lies: nothing is unpacked; from standard input (-) it is kept in a file meanwhile. Before anything is changed, its whole structure is checked, and \
            every byte is checked against its digest before a tag moves. What the destination has already is not sent again, so \
            an import can be repeated at any time.

            Volumes (FILE.001 and so on) are one bundle: FILE names all of them, and so does each; from several folders, they are \
            named one by one, in any order. If FILE.SHA256SUMS lies beside them, they are hashed first, and one that is not as it \
            was written is named. With --verify-key, FILE.sig must be there, and be the signature of what the bundle says it is.

            A repository is called as its path was, without the registry: docker.io/library/nginx becomes library/nginx below \
            the destination. With --map, the first rule that fits says its name, and a repository that no rule names is \
            refused. A rule's left side is an address (docker.io/**, registry.lan/team/*, registry.lan/team/app; a slash \
            in front, as in /**, for what came from a folder), its right side what takes the place of the part before the star.

            What a bundle leaves out because the destination was to have it (mirror export --base) is looked for first. If \
            something of it is missing, it is named, and nothing is imported; with --partial, the images that are complete are.

            EXAMPLES
              mirror import images.tar localhost:5000/
              mirror import images.tar registry.far/mirrored
              mirror import --map 'docker.io/**=hub/**' --map 'quay.io/**=quay/**' images.tar localhost:5000/
              ssh near mirror export -o - registry.lan/team/app:1.4 | mirror import - localhost:5000/
              mirror import --verify-key release.pub images.tar localhost:5000/
              mirror import /mnt/b/images.tar.002 /mnt/a/images.tar.001 localhost:5000/
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

    @Option(
        help: ArgumentHelp(
            "Import only what is signed by the owner of the public key in a PEM file (P-256 or Ed25519).",
            valueName: "file"
        )
    )
    var verifyKey: String?

    @Flag(help: "Import the images that are complete, although something is missing that the bundle leaves out.")
    var partial = false

    @Flag(help: "Print what would be done, and change nothing.")
    var dryRun = false

    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    mutating func validate() throws {
        guard words.count >= 2 else {
            throw ValidationError("A bundle and a destination are needed: FILE DESTINATION.")
        }
        guard !dryRun || words.count == 2 else {
            throw ValidationError(
                "--dry-run looks at one bundle: what a later one would do depends on those before it."
            )
        }
        guard verifyKey == nil || !words.dropLast().contains("-") else {
            throw ValidationError("--verify-key goes with files, beside which signatures lie, not with standard input.")
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
        let bundles = try ConfigOptions.complaining(as: .unavailable) { try self.bundles() }
        let verifyingKey = try verifyKey.map { try KeyFile.verifyingKey($0) }
        let access = try configuration.access(warn: Show(output).warn)
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                var worst = ExitCode.success
                for bundle in bundles where interruption.exitCode == nil {
                    let run = ImportRun(
                        bundle: bundle,
                        verifyingKey: verifyingKey,
                        destination: destination,
                        rules: rules,
                        isPartial: partial,
                        pool: pool,
                        show: Show(output)
                    )
                    worst = worst.worse(dryRun ? await run.plan(interruption) : await run.copy(interruption))
                }
                return interruption.exitCode ?? worst
            }
        }
    }

    /// The bundles in the order in which they are named; `nil` is standard input.
    private func bundles() throws -> [VolumeSet?] {
        try words.dropLast().split(separator: "-", omittingEmptySubsequences: false).enumerated()
            .flatMap { place, files -> [VolumeSet?] in
                let sets: [VolumeSet?] = try VolumeSet.sets(of: Array(files))
                return place == 0 ? sets : [nil] + sets
            }
    }
}
