// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import Replication

/// Makes a job of a pair of addresses, and runs or plans it.
struct CopyRun {
    let pair: AddressPair
    let pool: PlacePool
    let show: Show
    let images: ImageChoice

    init(_ pair: AddressPair, _ pool: PlacePool, _ show: Show, _ images: ImageChoice = ImageChoice()) {
        self.pair = pair
        self.images = images
        self.pool = pool
        self.show = show
    }

    /// Copies what is missing.
    func copy(_ interruption: Interruption) async -> ExitCode {
        await show.run(interruption) { try await replicator().run() }.0
    }

    /// Finds out what a run would do.
    func plan(_ interruption: Interruption, opensImages: Bool = true) async -> (ExitCode, PlanReport?) {
        await show.plan(interruption) { try await replicator().plan(opensImages: opensImages) }
    }

    private func replicator() async throws -> Replicator {
        let place = pair.destination.place
        let job = try await job(to: try await pool.destination(place, show))
        return Replicator(job: job, hints: pool.hints(of: place), events: show.record)
    }

    /// The job, with its destination in one of its roles.
    func job(to destination: any SinkEndpoint) async throws -> Job {
        Job(
            source: try await pool.source(pair.source.place, show),
            destination: destination,
            selection: pair.selection,
            mapping: pair.mapping,
            images: images
        )
    }
}
