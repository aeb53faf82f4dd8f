// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCIRegistry

/// `mirror doctor`: what a registry is, what it can do, how fast it is, and what to write into the config file for it.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Show what a registry is, what it can do and how fast it is, and propose lines for the config file.",
        discussion: """
            Without --write nothing is changed: a few small requests, at most two manifests (one at Docker Hub), and up to \
            16 MiB of one blob. Without a repository, the first that the registry lists is looked at.

            With --write, up to 10 MiB of blobs and two manifests without a tag are written to the repository, and deleted again as \
            far as the registry lets them be; what stays is named.

            EXAMPLES
              mirror doctor registry.lan
              mirror doctor registry.lan/team/app --format json
              mirror doctor registry.lan/scratch/doctor --write
            """
    )

    @Argument(help: "The registry, host or host:port, or a repository of it.")
    var place: String

    @Flag(help: "Try out also what means writing, in the repository that is named.")
    var write = false

    @Flag(help: "With --write: do not ask.")
    var yes = false

    @Option(help: "Print text for people, or one JSON object for scripts.")
    var format = OutputOptions.Format.text

    @OptionGroup var configuration: ConfigOptions

    func run() async throws {
        let subject = try RegistrySubject(argument: place)
        if write { try confirm(subject) }
        let access = try configuration.access { Lines.warn($0, to: .standardError) }
        throw await withInterruption { interruption in
            let witness = RequestWitness()
            let report = await examine(subject, access, witness)
            if let code = interruption.exitCode { return code }
            do { print(format == .json ? try DoctorJSON(report).text() : DoctorReportText.text(report)) } catch {
                Lines.complain(error, to: .standardError)
                return .failure
            }
            if case .failure(let error) = report.outcome { Lines.complain(error, to: .standardError) }
            return report.exitCode
        }
    }

    private func confirm(_ subject: RegistrySubject) throws {
        guard subject.repository != nil else {
            throw ValidationError("--write needs a repository that may be written to: \(subject.host)/scratch/doctor.")
        }
        guard !yes else { return }
        let question =
            "Write up to 10 MiB to \(subject.name), and delete it again as far as the registry allows? [y/N] "
        let answer: String
        do { answer = try PasswordPrompt.ask(question) } catch {
            throw ValidationError("There is no terminal to ask at; --yes writes to \(subject.name) all the same.")
        }
        guard ["y", "yes"].contains(answer.lowercased()) else { throw ExitCode.failure }
    }

    private func examine(
        _ subject: RegistrySubject,
        _ access: RegistryAccesses,
        _ witness: RequestWitness
    ) async -> DoctorReport {
        var report = DoctorReport(subject: subject, settings: access.settings(of: subject.host), witness: witness)
        do {
            report.credential = try await access.credential(for: subject.host, repository: subject.repository)
            let registry = try access.registry(subject.host, written: subject.scheme)
            let endpoint = registry.endpoint(as: write ? .destination : .source, observer: witness.note)
            let examiner = RegistryExaminer(endpoint, repository: subject.repository, writes: write)
            do { report.outcome = .success(try await examiner.examine()) } catch { report.outcome = .failure(error) }
            try? await registry.shutdown()
        } catch {
            report.outcome = .failure(error)
        }
        return report
    }
}
