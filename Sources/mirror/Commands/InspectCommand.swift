// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import OCIRegistry
import Replication

/// `mirror inspect`: what an image consists of.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what an image consists of: its manifests, platforms and layers.",
        discussion: """
            Reads manifests only, no layers.

            EXAMPLES
              mirror inspect alpine
              mirror inspect registry.lan/team/app:1.4
              mirror inspect --format json registry.lan/team/app@sha256:… | jq .totals
            """
    )

    @Argument(help: "The image: host/path:tag or host/path@digest; without either, the tag latest.")
    var image: String

    @Option(help: "Print text for people, or one JSON object for scripts.")
    var format = OutputOptions.Format.text

    @OptionGroup var configuration: ConfigOptions

    func run() async throws {
        let address = try imageAddress()
        let access = try configuration.access { Lines.warn($0, to: .standardError) }
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                do {
                    let tree = try await look(at: address, pool)
                    print(try text(of: tree, address))
                    return .success
                } catch {
                    if let code = interruption.exitCode { return code }
                    Lines.complain(error is RootMissing ? ImageMissing(address: address) : error, to: .standardError)
                    return Self.exitCode(after: error)
                }
            }
        }
    }

    /// The address, which has to be that of one image.
    private func imageAddress() throws -> Address {
        var address: Address
        do { address = try Address(image) } catch {
            throw ValidationError(Wording.sentenceAndHint(for: error))
        }
        switch address.scope {
        case .image: break
        case .repository(let name): address.scope = .image(name, .tag(.latest))
        case .registry, .subtree, .level: throw ValidationError("Name one image, host/path:tag.")
        }
        return address
    }

    private func look(at address: Address, _ pool: PlacePool) async throws -> ImageTree {
        guard case .image(let name, let target) = address.scope else { throw ImageMissing(address: address) }
        let endpoint = try await pool.source(address.place, Show(.silent))
        return ImageTree(try await ImageOpener().open(target, from: endpoint.source(name)))
    }

    private func text(of tree: ImageTree, _ address: Address) throws -> String {
        let name = "\(address)"
        return switch format {
        case .text: InspectText(name: name, tree: tree).text(Terminal.standardOutput.style)
        case .json: try InspectJSON(name: name, tree: tree).text()
        }
    }

    /// A registry that answered with something that cannot be used is there; any other failure is its own.
    private static func exitCode(after error: any Error) -> ExitCode {
        switch error {
        case is RootMissing, is GraphError, is ManifestError, is ContentError: .failure
        default: .unavailable
        }
    }
}

/// The image that was asked for is not there.
struct ImageMissing: Error, CustomStringConvertible {
    let address: Address

    var description: String { "there is no image \(address)" }
}
