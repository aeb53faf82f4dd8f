// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCILayout

/// `mirror store stats`: how much is in a store.
struct StoreStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count what is in a store, and what sharing spares."
    )

    @OptionGroup var options: StoreOptions

    func run() async throws { throw await options.run(for: .reading) { try await StoreStats(of: $0) } }
}
