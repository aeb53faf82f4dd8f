// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import Replication

/// Makes a job of what a config file says, and runs or plans it.
struct JobRun {
    let settings: JobSettings
    let pool: PlacePool
    let show: Show
    /// Seconds since 1970.
    let now: Int64
    private let memory: JobMemory

    init(_ settings: JobSettings, _ pool: PlacePool, _ output: OutputOptions, now: Int64) {
        self.settings = settings
        self.pool = pool
        self.now = now
        show = Show(output, title: settings.title)
        memory = JobMemory(of: settings, now: now)
    }

    /// Copies what is missing, and says how it went.
    func sync(_ interruption: Interruption) async -> JobOutcome {
        let (code, report) = await show.run(interruption) {
            try await replicator(of: job(to: pool.destination(place, show))).run()
        }
        return JobOutcome(job: settings.name, code: code, report: report, oldestDifference: memory.oldestDifference)
    }

    /// Finds out what a run would do.
    func plan(_ interruption: Interruption, opening: ImageOpening) async -> (ExitCode, PlanReport?) {
        await show.plan(interruption) {
            let job = try await job(to: pool.planned(place, show), planning: true)
            let summary = try await replicator(of: job).plan(opening: opening)
            try await pool.askForPulls(at: settings.source.value.place, show)
            return summary
        }
    }

    private var place: Place { settings.destination.value.place }

    private func replicator(of job: Job) -> Replicator {
        Replicator(job: job, hints: pool.hints(of: place), events: show.record)
    }

    /// The job, with its destination in one of its roles.
    /// - Parameter planning: Whether nothing but a plan is made.
    func job(to destination: any SinkEndpoint, planning: Bool = false) async throws -> Job {
        for warning in settings.warnings { show.warn(warning.printable) }
        return Job(
            source: try await pool.source(settings.source.value.place, besides: place, show),
            destination: destination,
            selection: try settings.selection(now: now),
            mapping: settings.mapping,
            overwrite: settings.overwriteRule,
            images: settings.images,
            memory: memory,
            dates: DateFile.open(),
            pulls: try await pool.pulls(of: settings.source.value.place, besides: place, show, planning: planning)
        )
    }
}

/// How the run of a job went.
struct JobOutcome {
    let job: String
    let code: ExitCode
    let report: Report
    /// Since when the tag that has differed longest does, in seconds since 1970.
    let oldestDifference: Int64?
}

extension JobSettings {
    /// How the job is headed.
    var title: JobTitle {
        JobTitle(name: name, source: "\(source.value)", destination: "\(destination.value)")
    }

    /// Where the job's memory and lock are.
    var stateFolder: URL {
        StateDirectory.folder(ofJob: name, from: source.value, to: destination.value)
    }
}

/// The time of the machine's clock, in seconds since 1970.
enum WallClock {
    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}
