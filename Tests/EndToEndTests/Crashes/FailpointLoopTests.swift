// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

#if FAILPOINTS
import Foundation
import Glibc
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// The program is stopped at each step that has a name, and the same command is run again.
    @Suite(.serialized)
    struct FailpointLoopTests {
        /// A step, and at which time it is stopped.
        struct Stop: Sendable, CustomTestStringConvertible {
            let name: FailpointName
            var time = 1

            var testDescription: String { "\(name.rawValue):\(time)" }

            /// Every step at its first time, and the ones that are made most often at later times, too.
            static let all =
                FailpointName.allCases.map { Stop(name: $0) }
                // The syncs of the record, behind which the index is not written yet.
                + [7, 8].map { Stop(name: .storeSync, time: $0) }
                + [.pieceAcknowledged, .spoolAppend].flatMap { [Stop(name: $0, time: 2), Stop(name: $0, time: 5)] }
        }

        /// Steps that the copy does not need.
        private static let hints: Set<FailpointName> = [
            .journalAppend, .journalAdopt, .journalRewrite, .spoolCreate, .spoolAppend, .spoolRelease, .spoolEvict,
            .hintAppend, .hintRewrite,
        ]

        @Test(arguments: Stop.all)
        func `a run that is killed at a step is made up for by the next one`(_ stop: Stop) async throws {
            try await withRun(of: stop) { run in
                let killed = try await run(stop, "kill")
                #expect(killed.ending == .signalled(SIGKILL), "\(killed.outputText)\(killed.errorText)")
            }
        }

        @Test(arguments: Stop.all)
        func `a step that fails is said or made do without, and the next run makes up for it`(_ stop: Stop) async throws
        {
            let isKept = [.spoolRelease, .spoolEvict].contains(stop.name)
            try await withRun(of: stop, keeping: isKept) { run in
                let failed = try await run(stop, "error")
                if Self.hints.contains(stop.name) {
                    #expect(failed.ending == .exited(0), "\(failed.outputText)\(failed.errorText)")
                } else {
                    #expect([.exited(1), .exited(69), .exited(78)].contains(failed.ending), "\(failed.ending)")
                    let said = ["the step \(stop.name.rawValue) failed", "cannot use /"]
                    #expect(said.contains { failed.errorText.contains($0) }, "\(failed.outputText)\(failed.errorText)")
                }
            }
        }

        private typealias Run = (_ stop: Stop, _ action: String) async throws -> ChildProcess.Result

        /// Sets a scene, lets `body` run the program with the failpoint, and then checks that a clean run ends it well.
        /// - Parameter keeping: Whether what the failure leaves behind stays until it is old, or in the way.
        private func withRun(of stop: Stop, keeping: Bool = false, _ body: (Run) async throws -> Void) async throws {
            let scene = FailpointScene.of(stop.name)
            let image = try await scene.image
            try await withProductRegistry(.distribution3) { source in
                image.hold(in: source)
                try await withHome { home in
                    try await scene.withDestination(home) { destination in
                        let arguments = try scene.arguments(home, from: source.host, to: destination)
                        try await scene.prepare(home, source.host, destination)
                        try await body { stop, action in
                            let text = "\(stop.name.rawValue):\(action):\(stop.time)"
                            return try await scene.start(home.with("MIRROR_FAILPOINT", text), arguments).wait()
                        }
                        try await destination.expectSound("after it was stopped")
                        let again = try await home.start(arguments).wait()
                        #expect(again.succeeded, "\(again.outputText)\(again.errorText)")
                        try await destination.expectSound("in the end")
                        #expect(try await destination.digest() == image.root.descriptor.digest)
                        #expect(keeping || filesLeft(home) == [])
                    }
                }
            }
        }

        /// What the program keeps only as long as something is on its way.
        private func filesLeft(_ home: Home) -> [String] {
            ["spool", "uploads"]
                .flatMap { folder -> [String] in
                    let path = "\(home.directory)/state/mirror/\(folder)"
                    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
                    return names.filter { name in
                        var isFolder: ObjCBool = false
                        return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                            && !isFolder.boolValue
                    }
                }
        }
    }
}
#endif
