// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCILayout
import Replication

/// Takes an inventory of a place.
struct InventoryRun {
    let address: Address
    /// Signs the inventory; `nil` where nobody does.
    let signingKey: SigningKey?
    let pool: PlacePool
    let show: Show

    /// Writes what the place holds.
    func write(to path: String, _ interruption: Interruption) async -> ExitCode {
        await show.takeStock(interruption) {
            let job = Job(
                source: try await pool.inspected(address.place, for: .reading, show),
                destination: MemoryEndpoint(),
                // What an import takes for the place: everything below its path.
                selection: Selection(address.baseScope, allTags: true),
                mapping: .unchanged,
                // What is in a place was let in.
                images: ImageChoice(nonDistributable: .copy)
            )
            var inventory = try await Stocktaking(job, events: show.record).run()
            inventory.place = "\(address)"
            let text = try inventory.text
            if let signingKey {
                try WholeFile.write(
                    try signingKey.signature(of: Array(text.utf8)),
                    to: URL(filePath: "\(path).sig")
                )
            }
            try WholeFile.write(text, to: URL(filePath: path))
            return inventory
        }
    }
}

extension Inventory {
    /// The same inventory makes the same text.
    fileprivate var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}
