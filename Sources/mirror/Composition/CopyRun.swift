// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import Replication

/// Makes jobs of pairs of addresses that have one destination, and runs or plans them as one.
struct CopyRun {
    let pairs: [AddressPair]
    let pool: PlacePool
    let show: Show
    let images: ImageChoice

    init(_ pairs: [AddressPair], _ pool: PlacePool, _ show: Show, _ images: ImageChoice = ImageChoice()) {
        self.pairs = pairs
        self.images = images
        self.pool = pool
        self.show = show
    }

    /// Copies what is missing.
    func copy(_ interruption: Interruption) async -> ExitCode {
        await show.run(interruption) {
            let hints = hints
            try await forEachPair(failed: { show.record(.routeFailed($1, $2), of: $0.source.host) }) { pair in
                let destination = try await pool.destination(pair.destination.place, show)
                try await replicator(pair, to: destination, hints).run()
            }
        }
        .0
    }

    /// Finds out what a run would do.
    func plan(_ interruption: Interruption, opening: ImageOpening = .all) async -> (ExitCode, PlanReport?) {
        await show.plan(interruption) {
            guard let place = pairs.first?.destination.place else { return PlanSummary() }
            let destination = try await pool.planned(place, show)
            // What images of several registries share is counted once.
            let pricer = PlanPricer(destination: destination)
            let hints = hints
            try await forEachPair(failed: { show.record(.routeFailed($1, $2), of: $0.source.host) }) { pair in
                let replicator = try await replicator(pair, to: destination, hints, planning: true)
                try await replicator.plan(opening: opening, into: pricer)
                try await pool.askForPulls(at: pair.source.place, show)
            }
            return await pricer.summary
        }
    }

    /// What is known of the destination's blobs, by earlier runs and by the copies before in this one.
    private var hints: any HolderHints {
        guard let place = pairs.first?.destination.place else { return NoHints() }
        return place.host == nil && pairs.count > 1 ? HolderBook() : pool.hints(of: place)
    }

    private func replicator(
        _ pair: AddressPair,
        to destination: any SinkEndpoint,
        _ hints: any HolderHints,
        planning: Bool = false
    ) async throws -> Replicator {
        // What failed is told with its registry where there are several.
        let host = pairs.count > 1 ? pair.source.host : nil
        return Replicator(job: try await job(pair, to: destination, planning: planning), hints: hints) {
            show.record($0, of: host)
        }
    }

    /// The job of a pair, with its destination in one of its roles.
    func job(_ pair: AddressPair, to destination: any SinkEndpoint, planning: Bool = false) async throws -> Job {
        Job(
            source: try await pool.source(pair.source.place, besides: pair.destination.place, show),
            destination: destination,
            selection: pair.selection,
            mapping: pair.mapping,
            images: images,
            pulls: try await pool.pulls(
                of: pair.source.place,
                besides: pair.destination.place,
                show,
                planning: planning
            )
        )
    }

    /// Does something with each pair, one after the other.
    ///
    /// A source that cannot be reached keeps no other one from being copied, unless there is none that can.
    /// - Parameter failed: Told of what is not copied because of that.
    func forEachPair(
        failed: (AddressPair, RepositoryName, any Error) -> Void,
        _ body: (AddressPair) async throws -> Void
    ) async throws {
        var unreachable: [(pair: AddressPair, failure: SideFailure)] = []
        for pair in pairs {
            do { try await body(pair) } catch let failure as SideFailure where failure.side == .source {
                unreachable.append((pair, failure))
            }
        }
        if let first = unreachable.first, unreachable.count == pairs.count { throw first.failure }
        for (pair, failure) in unreachable {
            for repository in pair.repositories { failed(pair, repository, failure) }
        }
    }
}
