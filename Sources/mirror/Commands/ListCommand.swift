// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// `mirror list`: what an address or a job means.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the images that an address or a job of the config file selects.",
        discussion: """
            With --explain, every repository and tag of the source is shown with the rule that takes it or leaves it out.

            EXAMPLES
              mirror list localhost:5000/
              mirror list registry.lan/team/app
              mirror list base-images --explain
            """
    )

    @Argument(help: "A job of the config file, or an address.")
    var place: String

    @Flag(help: "Show what is left out, too, and why.")
    var explain = false

    @Option(help: "Print text for people, or one JSON object a line for scripts.")
    var format = OutputOptions.Format.text

    @OptionGroup var configuration: ConfigOptions

    func run() async throws {
        let file = try configuration.file()
        let subject = try subject(file)
        let warn: @Sendable (String) -> Void = { Lines.warn($0, to: .standardError) }
        let access = try configuration.access(file ?? MirrorConfiguration(), warn: warn)
        let view = ListView(format: format, explains: explain, subject: subject)
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                let lister = Lister(
                    source: try await pool.source(subject.source.place, Show(.silent)),
                    selection: subject.selection,
                    mapping: subject.mapping,
                    dates: DateFile.open()
                )
                do { try await lister.list { view.show($0) } } catch {
                    if let code = interruption.exitCode { return code }
                    Lines.complain(error, to: .standardError)
                    return .unavailable
                }
                return view.hasFailures ? .failure : .success
            }
        }
    }

    private func subject(_ file: MirrorConfiguration?) throws -> ListSubject {
        if let job = file?.jobs.first(where: { $0.name == place }) {
            return try ConfigOptions.complaining { try ListSubject(job) }
        }
        if let file, let slip = JobChoice.slip(place, in: file) { try ConfigOptions.complaining { throw slip } }
        do {
            return try ListSubject(Address(place))
        } catch {
            throw ValidationError(Wording.sentenceAndHint(for: error))
        }
    }
}

/// What is listed.
struct ListSubject {
    let source: Address
    let selection: Selection
    let mapping: NameMapping
    /// The place of the destination, where there is one.
    let destination: Place?
    let rules: RepositoryRules?

    init(_ job: JobSettings) throws {
        source = job.source.value
        selection = try job.selection(now: WallClock.now)
        mapping = job.mapping
        destination = job.destination.value.place
        rules = if case .rules(let rules, _, _) = job.content.value { rules } else { nil }
    }

    init(_ address: Address) {
        source = address
        selection = Selection(address.scope, allTags: true)
        mapping = .unchanged
        destination = nil
        rules = nil
    }
}
