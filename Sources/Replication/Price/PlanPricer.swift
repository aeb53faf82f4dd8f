// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
public import OCIContent

/// Prices plans that are only to be read: asks the destination for each blob, which a run finds out as it writes.
///
/// Several runs to one destination can share it: what more than one of them needs is counted once.
public actor PlanPricer {
    private let destination: any SinkEndpoint
    private let width: Int
    private var ledger = PlanLedger()

    /// Makes a pricer of plans for a destination.
    /// - Parameter width: How many blobs are asked for at once.
    public init(destination: any SinkEndpoint, width: Int = RunLimits().blobs) {
        self.destination = destination
        self.width = width
    }

    /// The sum of all plans so far.
    public var summary: PlanSummary { ledger.summary }

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
