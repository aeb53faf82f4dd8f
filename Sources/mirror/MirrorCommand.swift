// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The program: what each subcommand does stands in `Commands/`.
@main
struct MirrorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mirror",
        abstract: "Copies container images from one registry to another.",
        discussion: """
            Lists what the source has, compares it with the destination by digest, and copies what is missing. A tag is \
            moved only after everything it points to has arrived.

            EXIT STATUS
              0    all selected images are equal at the destination
              1    some could not be copied (verify: some differ)
              2    with plan --exit-code: something would be done
              64   the command line is wrong
              69   a side could not be reached, or refused
              75   another run of the job is under way
              78   the configuration is wrong
              130  interrupted by SIGINT (143 by SIGTERM)
            """,
        version: Product.version,
        subcommands: [
            CopyCommand.self, SyncCommand.self, PlanCommand.self, ApplyCommand.self, VerifyCommand.self,
            ExportCommand.self, ImportCommand.self, InventoryCommand.self,
            ListCommand.self, InspectCommand.self, ConfigCommand.self,
            LoginCommand.self, LogoutCommand.self, AuthCommand.self, DoctorCommand.self,
            ServeCommand.self, StoreCommand.self, DemoCommand.self,
        ]
    )

    static func main() async {
        Heap.keepSmall()
        OpenFiles.raise()
        #if FAILPOINTS
        do { try FailpointVariable.arm() } catch {
            Lines.complain(error, to: .standardError)
            exit(withError: ExitCode.validationFailure)
        }
        #endif
        await main(nil)
    }
}
