// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import Replication

/// Carries out one section of a plan.
struct ApplyRun {
    private let section: PlanFile.Section
    private let pool: PlacePool
    private let show: Show
    private let settings: JobSettings?

    /// - Parameter file: The config file, whose jobs remember what was made equal.
    init(_ section: PlanFile.Section, _ pool: PlacePool, _ output: OutputOptions, _ file: MirrorConfiguration?) {
        self.section = section
        self.pool = pool
        let ends = section.ends
        show = Show(
            output,
            title: ends.job.map { JobTitle(name: $0, source: "\(ends.source)", destination: "\(ends.destination)") }
        )
        settings = file?.jobs
            .first { job in
                job.name == ends.job && job.source.value == ends.source && job.destination.value == ends.destination
            }
    }

    /// Copies what the plan says.
    /// - Returns: `nil` if a run of the job is under way.
    func apply(_ interruption: Interruption) async throws -> ExitCode? {
        guard let name = section.ends.job else { return try await run(interruption) }
        let folder = StateDirectory.folder(ofJob: name, from: section.ends.source, to: section.ends.destination)
        let code = try await JobLock.whileHeld(in: folder, waits: false) { try await run(interruption) }
        if code == nil { Lines.complain(JobLocked(name: name), to: .standardError) }
        return code
    }

    private func run(_ interruption: Interruption) async throws -> ExitCode {
        let ends = section.ends
        let job = Job(
            source: try await pool.source(ends.source.place, besides: ends.destination.place, show),
            destination: try await pool.destination(ends.destination.place, show),
            selection: .pinned(section.images),
            mapping: try NameMapping(
                from: Address(place: ends.source.place, scope: .registry),
                to: Address(place: ends.destination.place, scope: .registry)
            ),
            // What the plan counted on decides; that is looked at once more before a tag moves.
            overwrite: .ifUnchanged(isTwoWay: false),
            companionOverwrite: settings?.overwriteRule ?? .always,
            images: ends.images,
            memory: memory,
            pulls: try await pool.pulls(of: ends.source.place, besides: ends.destination.place, show)
        )
        let replicator = Replicator(job: job, hints: pool.hints(of: ends.destination.place), events: show.record)
        return await show.run(interruption) { try await replicator.run() }.0
    }

    private var memory: any TagMemory {
        guard let settings else { return NoTagMemory() }
        return JobMemory(of: settings, now: WallClock.now)
    }
}
