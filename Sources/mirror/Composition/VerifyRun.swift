// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import OCILayout
import Replication

/// How a verification is to go.
struct VerifyTerms {
    let depth: VerifyDepth
    let heals: Bool
}

extension JobRun {
    /// Compares what the job selects with what its destination has.
    func verify(_ terms: VerifyTerms, _ interruption: Interruption) async -> ExitCode {
        await show.verify(terms, interruption) {
            try await Verifier(terms, of: settings.destination.value.place, pool, show) { try await job(to: $0) }.run()
        }
    }
}

extension CopyRun {
    /// Compares what is selected with what the destination has.
    func verify(_ terms: VerifyTerms, _ interruption: Interruption) async -> ExitCode {
        await show.verify(terms, interruption) {
            try await forEachPair(failed: { show.record(VerifyEvent.routeFailed($1, $2)) }) { pair in
                let place = pair.destination.place
                try await Verifier(terms, of: place, pool, show) { try await job(pair, to: $0) }.run()
            }
        }
    }
}

extension Verifier {
    /// Makes a verifier of a job; the destination is opened to be written to only where something is mended.
    fileprivate init(
        _ terms: VerifyTerms,
        of place: Place,
        _ pool: PlacePool,
        _ show: Show,
        _ job: (any SinkEndpoint) async throws -> Job
    ) async throws {
        let inspected = try await pool.inspected(place, for: terms.heals ? .writing : .reading, show)
        let destination: any SinkEndpoint =
            terms.heals ? try await pool.destination(place, show) : ReadOnlyEndpoint(inspected)
        self.init(
            job: try await job(destination),
            reading: inspected,
            depth: terms.depth,
            heals: terms.heals,
            hints: pool.hints(of: place),
            events: show.record
        )
    }
}
