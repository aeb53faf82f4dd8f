// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// Plans jobs or a copy, one after the other, and gathers what they would do.
struct PlanRun {
    let pool: PlacePool
    let output: OutputOptions
    let opening: ImageOpening
    let interruption: Interruption
    /// What was planned so far.
    private(set) var file = PlanFile()
    /// Whether anything would be done.
    private(set) var hasChanges = false
    private(set) var code = ExitCode.success

    init(_ pool: PlacePool, _ output: OutputOptions, opening: ImageOpening = .all, _ interruption: Interruption) {
        self.pool = pool
        self.output = output
        self.opening = opening
        self.interruption = interruption
    }

    /// Plans jobs.
    mutating func plan(_ jobs: [JobSettings]) async {
        for settings in jobs {
            guard interruption.exitCode == nil else { return }
            let run = JobRun(settings, pool, output, now: WallClock.now)
            let outcome = await run.plan(interruption, opening: opening)
            take(
                outcome,
                PlanFile.Ends(
                    job: settings.name,
                    source: settings.source.value,
                    destination: settings.destination.value,
                    images: settings.images
                )
            )
        }
    }

    /// Plans copies that have one destination.
    mutating func plan(_ pairs: [AddressPair], _ images: ImageChoice) async {
        let outcome = await CopyRun(pairs, pool, Show(output), images).plan(interruption, opening: opening)
        code = code.worse(interruption.exitCode ?? outcome.0)
        guard let report = outcome.1 else { return }
        for pair in pairs {
            let ends = PlanFile.Ends(job: nil, source: pair.source, destination: pair.destination, images: images)
            // No name of the destination belongs to two of them.
            let names = Set(pair.repositories.compactMap { try? pair.mapping.destination(of: $0) })
            take(report.rows.images.filter { pairs.count == 1 || names.contains($0.route.destination) }, ends)
        }
    }

    private mutating func take(_ outcome: (code: ExitCode, report: PlanReport?), _ ends: PlanFile.Ends) {
        code = code.worse(interruption.exitCode ?? outcome.code)
        if let report = outcome.report { take(report.rows.images, ends) }
    }

    private mutating func take(_ images: [Selection.PinnedImage], _ ends: PlanFile.Ends) {
        file.add(ends, images)
        hasChanges = hasChanges || !images.isEmpty
    }
}
