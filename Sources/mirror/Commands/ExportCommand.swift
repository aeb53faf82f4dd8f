// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCILayout
import Replication

/// `mirror export`: images into one file.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write images of any number of repositories into one file, to be carried to where no network leads.",
        discussion: """
            Words that are names of jobs of the config file are what these jobs select; all others are addresses as mirror \
            copy takes them. Without words and --from-images, all jobs are exported.

            The file is a tar archive of one OCI image layout, in which every blob stands once. It is written as FILE.partial \
            and gets its name when it is whole; after an interruption, the same command goes on with it. The same images \
            make the same file, byte for byte. SOURCE_DATE_EPOCH sets the time that the files in it are given.

            With --base, what the far side has is left out: as an inventory of it (mirror inventory) says, or as bundles that were \
            imported there brought it. mirror import checks that it is there indeed before it changes anything.

            mirror import brings it to a registry or a store (layout:DIR); as bundle:FILE it is a source of copy, plan, verify, \
            list and inspect.

            EXAMPLES
              mirror export -o images.tar registry.lan/team/app:1.4 docker.io/library/nginx:1.27
              mirror export -o images.tar base-images
              helm template . | mirror export -o images.tar --from-images -
              mirror export -o - 'registry.lan/team/**' | ssh far mirror import - localhost:5000/
              mirror export --dry-run registry.lan/team/app:1.4
              mirror export --docker-archive --platform linux/amd64 --index rewritten -o app.tar registry.lan/team/app:1.4
              mirror export --volume-size 4GiB --sign-key release.pem -o images.tar base-images
              mirror export --base far.json --base week-41.tar -o week-42.tar base-images
            """
    )

    @Argument(help: "Jobs and addresses.")
    var words: [String] = []

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write, - for standard output.", valueName: "file")
    )
    var file: String?

    @Option(
        name: .customLong("base"),
        help: ArgumentHelp(
            "Leave out what an inventory or an earlier bundle has; may stand several times.",
            valueName: "file"
        )
    )
    var bases: [String] = []

    @Option(
        help: ArgumentHelp(
            "Write volumes of that size, FILE.001 and so on, with their digests in FILE.SHA256SUMS.",
            valueName: "size"
        ),
        transform: ByteCount.argument
    )
    var volumeSize: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Sign with the private key in a PEM file (P-256 or Ed25519), as FILE.sig beside the bundle.",
            valueName: "file"
        )
    )
    var signKey: String?

    @Option(
        help: ArgumentHelp(
            "Of the files of --base, take only those that are signed by the owner of the public key in a PEM file.",
            valueName: "file"
        )
    )
    var verifyKey: String?

    @Flag(
        help: "Let docker load and podman load find the images, too; images for several platforms need --platform then."
    )
    var dockerArchive = false

    @Flag(help: "Of a repository that is named without a tag, take all tags.")
    var allTags = false

    @Flag(help: "Print what would be written, and write nothing.")
    var dryRun = false

    @OptionGroup var lists: ImageListOptions
    @OptionGroup var images: ImageOptions
    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    mutating func validate() throws {
        guard dryRun || file != nil else {
            throw ValidationError("--output FILE says where the bundle goes; --dry-run only prices it.")
        }
        guard file != "-" || (volumeSize == nil && signKey == nil) else {
            throw ValidationError("--volume-size and --sign-key go with a file, not with standard output.")
        }
        guard !dockerArchive || bases.isEmpty else {
            throw ValidationError("--docker-archive and --base exclude each other: what is left out cannot be loaded.")
        }
        guard verifyKey == nil || !bases.isEmpty else {
            throw ValidationError("--verify-key checks the files of --base, and there are none.")
        }
    }

    func run() async throws {
        let settings = try configuration.file()
        let named =
            words.isEmpty && !lists.files.isEmpty ? [] : try ExportSource.all(words, allTags: allTags, of: settings)
        let sources = try named + ExportSource.listed(in: lists.files, warn: Show(output).warn)
        guard images.choice.platforms?.index != .sparse, !sources.contains(where: \.isSparse) else {
            throw ValidationError(
                "A bundle holds whole images: --index rewritten (index: rewritten) takes some platforms."
            )
        }
        let modified = try SourceDate.seconds()
        let signingKey = try signKey.map { try KeyFile.signingKey($0) }
        let base = try await BaseFiles.holdings(bases, signedBy: try verifyKey.map { try KeyFile.verifyingKey($0) })
        // Before anything is printed, which goes elsewhere then.
        let descriptor = file == "-" && !dryRun ? try StandardOutput.lend() : nil
        let access = try configuration.access(settings ?? MirrorConfiguration()) { Show(output).warn($0) }
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                let run = ExportRun(
                    sources: sources,
                    images: images.choice,
                    digestTags: images.digestTags,
                    pool: pool,
                    show: Show(output),
                    base: base,
                    isLoadable: dockerArchive,
                    modified: modified
                )
                guard !dryRun, let file else { return await run.plan(interruption) }
                let writer =
                    try descriptor.map { BundleWriter.pipe(descriptor: $0, name: "standard output") }
                    ?? BundleWriter.open(at: file, volumeSize: volumeSize?.value, signingKey: signingKey)
                let code = await run.export(to: writer, interruption)
                try await writer.shutdown()
                return code
            }
        }
    }
}

/// The time that reproducible files are given (reproducible-builds.org, "SOURCE_DATE_EPOCH").
enum SourceDate {
    /// Seconds since 1970; 0 where the environment says nothing.
    /// - Throws: `ValidationError` for what is no such number.
    static func seconds(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Int64 {
        guard let text = environment["SOURCE_DATE_EPOCH"] else { return 0 }
        guard let seconds = Int64(text), (0...0o77_777_777_777).contains(seconds) else {
            throw ValidationError("SOURCE_DATE_EPOCH must be a number of seconds since 1970; it is \"\(text)\".")
        }
        return seconds
    }
}
