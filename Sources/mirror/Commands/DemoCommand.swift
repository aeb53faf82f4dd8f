// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import Replication

/// `mirror demo`: the whole of it on a machine that has nothing else.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show what mirror does, with two registries of its own on this machine; nothing has to be installed.",
        discussion: """
            Starts two embedded registries on free ports, puts a few generated images into the first, shows the plan, copies \
            everything to the second, and ends. Nothing is left behind.

            EXAMPLES
              mirror demo
              mirror demo --keep      wait at the end, to look around with curl, skopeo or docker
            """
    )

    @Flag(help: "Keep the registries running until Control-C is pressed.")
    var keep = false

    func run() async throws {
        let output = OutputOptions.visible
        let style = Terminal.standardOutput.style
        throw await withInterruption { interruption in
            do {
                try await DemoRegistries.run { source, destination in
                    try await fill(source)
                    heading(
                        "Two registries on this machine, \(source) with a few images and \(destination) empty",
                        style
                    )
                    if keep { commands(source) }
                    let code = try await copy(source, destination, output, style, interruption)
                    guard code == .success else { throw code }
                    // Without --keep, nobody answers by the time that somebody has typed this.
                    heading(
                        keep ? "Look around:" : "They end now; with mirror demo --keep you could look around:",
                        style
                    )
                    commands(destination, "mirror/")
                    if keep { try await wait() }
                }
                return .success
            } catch let code as ExitCode { return code } catch {
                if let code = interruption.exitCode { return keep ? .success : code }
                Lines.complain(error, to: .standardError)
                return .failure
            }
        }
    }

    private func fill(_ host: RegistryHost) async throws {
        let pool = PlacePool(try RegistryAccesses(MirrorConfiguration()) { _ in }, remembers: false)
        let whole = Address(host: host, scope: .registry)
        let job = Job(
            source: try await DemoImages.make(),
            destination: try await pool.destination(whole.place, Show(.silent)),
            selection: .catalog(.registry),
            mapping: try NameMapping(from: whole, to: whole)
        )
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await Replicator(job: job) { _ in }.run()) } catch { outcome = .failure(error) }
        try await pool.shutdown()
        try outcome.get()
    }

    private func copy(
        _ source: RegistryHost,
        _ destination: RegistryHost,
        _ output: OutputOptions,
        _ style: Style,
        _ interruption: Interruption
    ) async throws -> ExitCode {
        let pair = try AddressPair(source: "\(source)/demo/**", destination: "\(destination)/mirror", allTags: false)
        let access = try RegistryAccesses(MirrorConfiguration()) { _ in }
        return await withPlaces(access, remembering: false) { pool in
            heading("mirror copy --dry-run '\(source)/demo/**' \(destination)/mirror", style)
            let code = await CopyRun([pair], pool, Show(output)).plan(interruption).0
            guard code == .success else { return code }
            heading("mirror copy '\(source)/demo/**' \(destination)/mirror", style)
            return await CopyRun([pair], pool, Show(output)).copy(interruption)
        }
    }

    private func heading(_ text: String, _ style: Style) { say("\n\(style.bold("# \(text)"))") }

    private func commands(_ host: RegistryHost, _ prefix: String = "demo/") {
        say("  curl http://\(host)/v2/_catalog")
        say("  curl http://\(host)/v2/\(prefix)team/app/tags/list")
    }

    private func wait() async throws {
        say("\nControl-C ends the registries.")
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private func say(_ line: String) { Terminal.standardOutput.write(line + "\n") }
}
