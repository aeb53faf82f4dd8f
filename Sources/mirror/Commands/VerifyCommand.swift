// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// `mirror verify`: what a destination really has of what is selected.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare what jobs, or a copy, select with what is at the destination, and mend it if told.",
        discussion: """
            Words that are names of jobs of the config file are these jobs; otherwise two addresses are taken as mirror copy \
            takes them (with --from-images, one). Without words, all jobs are verified. Without --heal, nothing is written anywhere.

            DEPTH
              tags     the digests of tags
              closure  every manifest, and whether every blob is there with its size
              content  every byte of every blob, or of a sample of them

            Named is what is missing, moved, incomplete (which blob or manifest of which image is not there) and damaged \
            (which has other bytes). Tags that only the destination has are named as extra; they are no reason for status 1, \
            since nothing is deleted there.

            With --heal, exactly what was found is sent again and then looked at again; what the destination keeps as it was \
            is named, with what its administrator must do. Rules that keep tags from being moved hold.

            EXAMPLES
              mirror verify
              mirror verify base-images --depth content --sample 5%
              mirror verify 'registry.lan/team/**' localhost:5000/team --depth content --heal
            """
    )

    /// How closely is looked.
    enum Depth: String, ExpressibleByArgument, CaseIterable {
        case tags
        case closure
        case content
    }

    @Argument(help: "Jobs, or a source and a destination.")
    var words: [String] = []

    @Flag(help: "Of a repository that is named without a tag, verify all tags.")
    var allTags = false

    @Option(help: "How closely to look: at tags, at the whole closure, or at all content.")
    var depth = Depth.closure

    @Option(
        help: ArgumentHelp("With --depth content, read only this share of the blobs, as in 5%.", valueName: "share")
    )
    var sample: SampleShare?

    @Option(help: ArgumentHelp("Which sample of that share; the report says which one it was.", valueName: "number"))
    var seed: UInt64?

    @Flag(help: "Mend what was found.")
    var heal = false

    @Flag(help: "With --heal, wait until another run of the same job has ended.")
    var wait = false

    @OptionGroup var lists: ImageListOptions
    @OptionGroup var images: ImageOptions
    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    mutating func validate() throws {
        guard sample == nil || depth == .content else {
            throw ValidationError("--sample goes with --depth content: nothing else reads blobs.")
        }
        guard seed == nil || sample != nil else { throw ValidationError("--seed goes with --sample.") }
        guard !wait || heal else { throw ValidationError("--wait goes with --heal: only that waits for other runs.") }
    }

    func run() async throws {
        let file = try configuration.file()
        let words = CopyWords(words: words, lists: lists, allTags: allTags, images: images)
        let work = try NamedWork(words, of: file) { Show(output).warn($0) }
        try images.refuse(besideJobs: work)
        let access = try configuration.access(file ?? MirrorConfiguration()) { Show(output).warn($0) }
        let terms = VerifyTerms(depth: verifyDepth, heals: heal)
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                switch work {
                case .jobs(let jobs): return await verify(jobs, terms, pool, interruption)
                case .pairs(let pairs):
                    return await CopyRun(pairs, pool, Show(output), images.choice).verify(terms, interruption)
                }
            }
        }
    }

    private var verifyDepth: VerifyDepth {
        switch depth {
        case .tags: .tags
        case .closure: .closure
        case .content:
            // Short enough to be typed again.
            .content(sample.map { BlobSample(share: $0.value, seed: seed ?? .random(in: 0..<1_000_000)) } ?? .all)
        }
    }

    private func verify(
        _ jobs: [JobSettings],
        _ terms: VerifyTerms,
        _ pool: PlacePool,
        _ interruption: Interruption
    ) async -> ExitCode {
        var worst = ExitCode.success
        for settings in jobs {
            if let code = interruption.exitCode { return code }
            let run = JobRun(settings, pool, output, now: WallClock.now)
            worst = worst.worse(await verify(run, terms, interruption))
        }
        return interruption.exitCode ?? worst
    }

    /// Only whoever writes needs to be alone.
    private func verify(_ run: JobRun, _ terms: VerifyTerms, _ interruption: Interruption) async -> ExitCode {
        guard heal else { return await run.verify(terms, interruption) }
        do {
            let code = try await JobLock.whileHeld(in: run.settings.stateFolder, waits: wait) {
                await run.verify(terms, interruption)
            }
            if let code { return code }
            Lines.complain(JobLocked(name: run.settings.name), to: .standardError)
            return .locked
        } catch is CancellationError { return .success } catch {
            Lines.complain(error, to: .standardError)
            return .configuration
        }
    }
}

/// A share on the command line: `5%`, `0.1%`.
struct SampleShare: ExpressibleByArgument {
    /// From 0 to 1.
    let value: Double

    init?(argument: String) {
        guard argument.hasSuffix("%"), let percent = Double(argument.dropLast()), percent > 0, percent <= 100 else {
            return nil
        }
        value = percent / 100
    }
}
