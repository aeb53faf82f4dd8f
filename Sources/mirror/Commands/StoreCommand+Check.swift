// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCILayout

/// `mirror store check`: whether all bytes are what their names say, and every tag can be pulled.
struct StoreCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read all content and say what is damaged or missing.",
        discussion: """
            The exit status is 1 if anything was found. With --quarantine, damaged files are moved to the folder \
            "quarantine" of the store, so that they can be pushed again; nothing is ever removed from there.
            """
    )

    @Flag(help: "Move damaged files away.")
    var quarantine = false

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let quarantine = quarantine
        throw await options.run(for: quarantine ? .writing : .reading) { store in
            try await StoreCheck(of: store, quarantines: quarantine).run()
        }
    }
}
