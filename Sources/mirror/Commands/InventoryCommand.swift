// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// `mirror inventory`: what a place holds, in a file.
struct InventoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory",
        abstract: "Write down what a registry or a store holds, so that bundles for it can leave that out.",
        discussion: """
            The file is carried to where bundles are made: mirror export --base FILE leaves out every blob and manifest that \
            is in it. It has nothing but names of repositories and digests, 43 bytes for each.

            The place is written as it is for mirror import. An image that cannot be read is named, and is not in the inventory, \
            so that bundles bring it anew.

            EXAMPLES
              mirror inventory localhost:5000/ -o far.json
              mirror inventory registry.far/mirrored -o far.json
              mirror inventory layout:/srv/store -o far.json
            """
    )

    @Argument(help: "A registry, a path in it, or a store (layout:DIR).")
    var place: String

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write.", valueName: "file")
    )
    var file: String

    @Option(
        help: ArgumentHelp(
            "Sign with the private key in a PEM file (P-256 or Ed25519), as FILE.sig beside the inventory.",
            valueName: "file"
        )
    )
    var signKey: String?

    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let address: Address
        do { address = try Address.base(place) } catch {
            throw ValidationError(Wording.sentenceAndHint(for: error))
        }
        let signingKey = try signKey.map { try KeyFile.signingKey($0) }
        let access = try configuration.access(warn: Show(output).warn)
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                let run = InventoryRun(address: address, signingKey: signingKey, pool: pool, show: Show(output))
                return await run.write(to: file, interruption)
            }
        }
    }
}
