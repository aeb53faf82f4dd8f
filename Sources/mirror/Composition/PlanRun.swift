// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// Plans jobs or a copy, one after the other, and gathers what they would do.
struct PlanRun {
    let pool: PlacePool
    let output: OutputOptions
    let opensImages: Bool
    let interruption: Interruption
    /// What was planned so far.
    private(set) var file = PlanFile()
    /// Whether anything would be done.
    private(set) var hasChanges = false
    private(set) var code = ExitCode.success

    init(_ pool: PlacePool, _ output: OutputOptions, opensImages: Bool = true, _ interruption: Interruption) {
        self.pool = pool
        self.output = output
        self.opensImages = opensImages
        self.interruption = interruption
    }

    /// Plans jobs.
    mutating func plan(_ jobs: [JobSettings]) async {
        for settings in jobs {
            guard interruption.exitCode == nil else { return }
            let run = JobRun(settings, pool, output, now: WallClock.now)
            let outcome = await run.plan(interruption, opensImages: opensImages)
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

    /// Plans the copy from one address to another.
    mutating func plan(_ pair: AddressPair, _ images: ImageChoice) async {
        let outcome = await CopyRun(pair, pool, Show(output), images).plan(interruption, opensImages: opensImages)
        take(
            outcome,
            PlanFile.Ends(
                job: nil,
                source: pair.source,
                destination: pair.destination,
                images: images
            )
        )
    }

    private mutating func take(_ outcome: (code: ExitCode, report: PlanReport?), _ ends: PlanFile.Ends) {
        code = code.worse(interruption.exitCode ?? outcome.code)
        guard let report = outcome.report else { return }
        file.add(ends, report.rows)
        hasChanges = hasChanges || !report.rows.images.isEmpty
    }
}
