// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// Prices plans that are only to be read: asks the destination for each blob, which a run finds out as it writes.
///
/// Several runs to one destination can share it: what more than one of them needs is counted once.
public actor PlanPricer {
    /// Whether a repository of the destination has a blob.
    private let isPresent: @Sendable (Descriptor, RepositoryName) async throws -> Bool
    private let width: Int
    private var ledger: PlanLedger

    /// Makes a pricer of plans for a destination.
    /// - Parameters:
    ///   - width: How many blobs are asked for at once.
    ///   - elsewhere: Blobs of which it is known that some repository of the destination has them.
    public init(destination: any SinkEndpoint, width: Int = RunLimits().blobs, elsewhere: Set<Digest> = []) {
        ledger = PlanLedger(elsewhere: elsewhere)
        isPresent = { blob, repository in try await destination.sink(repository).contains(blob) }
        self.width = width
    }

    /// Makes a pricer of plans for a bundle that leaves out what the far side has.
    init(leavingOut base: Holdings) {
        ledger = PlanLedger()
        isPresent = { blob, _ in base.contains(blob.digest) }
        width = 1
    }

    /// The sum of all plans so far.
    public var summary: PlanSummary { ledger.summary }

    /// Takes in a plan.
    /// - Throws: ``OCIContent/SideFailure`` if the destination does not say what it has.
    func add(_ plan: RootPlan) async throws {
        let unknown = ledger.add(plan)
        let repository = plan.route.destination
        try await forEach(unknown, width: width) { [isPresent] blob in
            do { await self.note(blob, isPresent: try await isPresent(blob, repository)) } catch {
                throw SideFailure.wrapping(error, side: .destination)
            }
        }
    }

    private func note(_ blob: Descriptor, isPresent: Bool) { ledger.note(blob, isPresent: isPresent) }
}
