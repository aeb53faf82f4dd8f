// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// What the manifests of images are fetched with at a source that counts them.
struct PullPurse: Sendable {
    let budget: any PullBudget
    /// The repository of the source.
    let repository: RepositoryName
    /// How many manifests the image has, as far as the source's listing tells.
    var estimate: Int?
}

/// The pulls that are set aside for one image.
struct ImagePulls {
    private let purse: PullPurse?
    private var held: PullReservation?
    private var left = 0

    init(_ purse: PullPurse?) { self.purse = purse }

    /// Sees to it that so many manifests can be fetched.
    mutating func cover(_ count: Int) async throws {
        guard let purse, count > left else { return }
        // Nothing is held while more is waited for: of several images that wait for each other, none would get on.
        held = nil
        left = 0
        held = try await purse.budget.reserve(count, for: purse.repository)
        left = count
    }

    /// Takes note that manifests were fetched, or that they need not be.
    mutating func spend(_ count: Int) { left = max(0, left - count) }
}
