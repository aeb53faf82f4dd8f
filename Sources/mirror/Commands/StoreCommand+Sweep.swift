// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCILayout

/// `mirror store gc`: what nothing points to any more.
struct StoreSweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Show content that nothing points to, or remove it.",
        discussion: """
            Blobs go that no manifest of their repository points to and that were not used for the grace period; then the \
            bytes that no repository has any more. Manifests without a tag stay, unless --untagged is given: then those go \
            that no index lists and that refer to no manifest that stays.
            """
    )

    @Flag(help: "Remove what is found.")
    var delete = false

    @Flag(help: "Count manifests that have no tag and that nothing points to as garbage.")
    var untagged = false

    @Option(help: ArgumentHelp("How long content is safe after it was last used.", valueName: "minutes"))
    var grace: Int64 = BlobSweep.defaultGrace / 60

    @OptionGroup var options: StoreOptions

    func validate() throws {
        guard (0...5_000_000).contains(grace) else { throw ValidationError("--grace is a number of minutes.") }
    }

    func run() async throws {
        let (delete, untagged, grace) = (delete, untagged, grace)
        throw await options.run(for: delete ? .writing : .reading) { store in
            try await BlobSweep(of: store, grace: grace * 60, keepsUntagged: !untagged, removes: delete).run()
        }
    }
}
