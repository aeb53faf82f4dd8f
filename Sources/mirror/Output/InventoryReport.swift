// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent

/// An inventory that was taken, for people.
struct InventoryReport {
    let place: String
    let repositories: Int
    /// How many blobs and manifests, each once.
    let pieces: Int
    /// What could not be read, and is not in it.
    let failures: [RunTotals.Failure]

    init(_ inventory: Inventory, failures: [RunTotals.Failure]) {
        place = inventory.place
        repositories = inventory.repositories.count
        pieces = inventory.digests.count
        self.failures = failures
    }

    /// One line: what there is.
    var headline: String {
        let pieces = Measures.count(pieces, "blob or manifest", "blobs and manifests")
        let rest =
            failures.isEmpty
            ? "" : "; without \(failures.count) that could not be read, which bundles bring anew"
        return "inventory of \(place.printable): \(pieces) in "
            + Measures.count(repositories, "repository", "repositories") + rest
    }
}
