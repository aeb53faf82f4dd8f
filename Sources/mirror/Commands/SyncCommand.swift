// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// `mirror sync`: the jobs of a config file.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Run jobs of the config file: copy what is missing at their destinations.",
        discussion: """
            Without the name of a job, all jobs run, one after the other, in the order of the file. The config file is looked \
            for at ./mirror.yaml, $XDG_CONFIG_HOME/mirror/mirror.yaml (~/.config/mirror/mirror.yaml) and \
            /etc/mirror/mirror.yaml.

            A job runs once at a time on a machine: a second run of it ends with status 75, or waits with --wait.

            EXAMPLES
              mirror sync
              mirror sync base-images --config /srv/mirror.yaml
              mirror sync --quiet --max-duration 50m --jitter 5m --metrics-file /var/lib/node_exporter/mirror.prom
            """
    )

    @Argument(help: "The jobs to run.")
    var jobs: [String] = []

    @Flag(help: "Print what would be done, and change nothing; the same as mirror plan.")
    var dryRun = false

    @Flag(help: "Wait until another run of the same job has ended.")
    var wait = false

    @Option(help: ArgumentHelp("Stop in order after this time, as in 50m or 2h.", valueName: "duration"))
    var maxDuration: DurationArgument?

    @Option(help: ArgumentHelp("Begin after a random part of this time.", valueName: "duration"))
    var jitter: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Write metrics of these jobs to a file for Prometheus' textfile collector.",
            valueName: "file"
        )
    )
    var metricsFile: String?

    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    mutating func validate() throws {
        guard !(dryRun && metricsFile != nil) else {
            throw ValidationError("--dry-run and --metrics-file contradict each other.")
        }
    }

    func run() async throws {
        let file = try configuration.requiredFile()
        let chosen = try ConfigOptions.complaining { try JobChoice.jobs(jobs, of: file) }
        let access = try configuration.access(file) { Show(output).warn($0) }
        throw await withInterruption(after: maxDuration?.value) { interruption in
            do { try await pause() } catch { return Self.notBegun(chosen[...], interruption) }
            return await withPlaces(access) { pool in
                guard dryRun else { return try await sync(chosen, pool, interruption) }
                var plan = PlanRun(pool, output, interruption)
                await plan.plan(chosen)
                return plan.code
            }
        }
    }

    private func sync(
        _ chosen: [JobSettings],
        _ pool: PlacePool,
        _ interruption: Interruption
    ) async throws -> ExitCode {
        var metrics = try metricsFile.map { try MetricsFile($0) }
        var worst = ExitCode.success
        var rest = chosen[...]
        while interruption.exitCode == nil, let settings = rest.first {
            do {
                let outcome = try await JobLock.whileHeld(in: settings.stateFolder, waits: wait) {
                    await JobRun(settings, pool, output, now: WallClock.now).sync(interruption)
                }
                if let outcome {
                    metrics?.add(outcome)
                } else {
                    Lines.complain(JobLocked(name: settings.name), to: .standardError)
                }
                worst = worst.worse(outcome?.code ?? .locked)
            } catch is CancellationError { break } catch {
                // A lock that cannot be kept is this job's trouble alone.
                Lines.complain(error, to: .standardError)
                worst = worst.worse(.configuration)
            }
            rest.removeFirst()
        }
        worst = worst.worse(Self.notBegun(rest, interruption))
        do { try metrics?.write() } catch {
            // The jobs ran, as well as they did: that their metrics are missing is one more failure, not a wrong config.
            Lines.complain(error, to: .standardError)
            worst = worst.worse(.failure)
        }
        return worst
    }

    /// Says which jobs an interruption kept from beginning.
    private static func notBegun(_ jobs: ArraySlice<JobSettings>, _ interruption: Interruption) -> ExitCode {
        guard let cause = interruption.cause else { return .success }
        if !jobs.isEmpty { Lines.complain(JobsNotBegun(names: jobs.map(\.name), cause: cause), to: .standardError) }
        return interruption.exitCode ?? .success
    }

    /// Spreads the load of many machines whose clocks strike at once.
    private func pause() async throws {
        guard let jitter else { return }
        let seconds = jitter.value / .seconds(1)
        try await Task.sleep(for: .seconds(Double.random(in: 0...max(seconds, 0))))
    }
}

/// Another run of a job is under way.
struct JobLocked: Error, Hashable {
    let name: String
}

/// The run was interrupted before these jobs.
struct JobsNotBegun: Error, Hashable {
    let names: [String]
    let cause: Interruption.Cause
}

/// A duration on the command line: `500ms`, `15s`, `10m`, `2h`, `30d`.
struct DurationArgument: ExpressibleByArgument {
    let value: Duration

    init?(argument: String) {
        guard let duration = ConfigDuration(argument) else { return nil }
        value = duration.value
    }
}
