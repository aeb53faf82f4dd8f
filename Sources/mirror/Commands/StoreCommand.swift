// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCILayout

/// `mirror store`: the care of a store on disk.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Look after a store on disk.",
        discussion: """
            All of it can be done while a server runs over the store. Nothing is changed unless --delete or --quarantine is \
            given.

            EXAMPLES
              mirror store stats
              mirror store gc --delete --store /srv/store
              mirror store check --quarantine
            """,
        subcommands: [StoreSweepCommand.self, StoreCheckCommand.self, StoreStatsCommand.self]
    )
}

/// What the commands for a store have in common.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The store. (default: $XDG_DATA_HOME/mirror/store or ~/.local/share/mirror/store)",
            valueName: "dir"
        )
    )
    var store: String?

    @Option(help: "Print text for people, or one JSON object for scripts.")
    var format = OutputOptions.Format.text

    /// Opens the store, does something with it, and shows what came of it; SIGINT and SIGTERM break it off.
    func run<Outcome: StoreOutcome>(
        for purpose: LayoutStore.Purpose,
        _ work: @escaping @Sendable (LayoutStore) async throws -> Outcome
    ) async -> ExitCode {
        let path = store ?? StoreLocation.usual
        return await withInterruption { [format] interruption in
            do {
                // Only a server or a copy makes a store: whoever looks after one means one that is there.
                let store = try await LayoutStore.open(at: path, for: .reading, then: purpose)
                let outcome: Outcome
                do { outcome = try await work(store) } catch {
                    try? await store.shutdown()
                    throw error
                }
                try await store.shutdown()
                Terminal.standardOutput.write(format == .json ? outcome.json + "\n" : outcome.text)
                return outcome.exitCode
            } catch {
                Lines.complain(error, to: .standardError)
                return interruption.exitCode ?? .unavailable
            }
        }
    }
}

extension LayoutStore {
    /// Opens a store that must be there.
    fileprivate static func open(at path: String, for first: Purpose, then purpose: Purpose) async throws -> LayoutStore
    {
        let store = try await open(at: path, for: first)
        if first == purpose { return store }
        try await store.shutdown()
        return try await open(at: path, for: purpose)
    }
}
