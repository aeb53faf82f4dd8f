// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Prices plans that are only to be read: asks the destination for each blob, which a run finds out as it writes.
actor PlanPricer {
    private let destination: any SinkEndpoint
    private let width: Int
    private var ledger = PlanLedger()

    init(destination: any SinkEndpoint, width: Int) {
        self.destination = destination
        self.width = width
    }

    /// The sum of all plans so far.
    var summary: PlanSummary { ledger.summary }

    /// Takes in a plan.
    /// - Throws: ``OCIContent/SideFailure`` if the destination does not say what it has.
    func add(_ plan: RootPlan) async throws {
        let unknown = ledger.add(plan)
        let sink = destination.sink(plan.route.destination)
        try await forEach(unknown, width: width) { blob in
            do { await self.note(blob, isPresent: try await sink.contains(blob)) } catch {
                throw SideFailure.wrapping(error, side: .destination)
            }
        }
    }

    private func note(_ blob: Descriptor, isPresent: Bool) { ledger.note(blob, isPresent: isPresent) }
}
