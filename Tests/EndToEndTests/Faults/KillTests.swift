// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCITestKit
import Testing

extension EndToEnd.FaultTests {
    /// The program is ended in the middle, in order or not, and run again.
    @Suite(.serialized)
    struct KillTests {
        private static func image() throws -> LargeImage {
            try LargeImage(seed: 31, layerSizes: [70 << 20, 20 << 20, 8 << 20, 1 << 20])
        }

        /// One copy to a new registry, ended by a signal after a while, and then run again.
        /// - Returns: How it ended.
        private func round(
            _ source: DockerRegistry,
            _ destination: any FaultyPlace,
            _ signal: Int32,
            after delay: Duration,
            _ comment: String
        ) async throws -> ChildProcess.Ending {
            var ending = ChildProcess.Ending.exited(0)
            try await withFaultScene(from: source, to: destination) { scene in
                let program = try await scene.start()
                try await Task.sleep(for: delay)
                program.send(signal)
                ending = await program.wait().ending
                try await scene.expectNothingHalfThere(comment)
                try await scene.expectConvergence(comment)
            }
            return ending
        }

        /// How long a copy takes if nobody ends it.
        private func usualTime(_ source: DockerRegistry) async throws -> Duration {
            try await withDockerRegistry { destination in
                let result = try await Program.run("copy", "\(source.host)/", "\(destination.host)/")
                #expect(result.succeeded, "\(result.errorText)")
                return result.wallTime
            }
        }

        @Test(arguments: [SIGKILL, SIGTERM])
        func `F01 F31 a copy to Debian's registry that is ended at any moment is made good by the next run`(
            _ signal: Int32
        ) async throws {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededRandom(seed: seed)
            try await withDockerRegistry { source in
                try await Self.image().push(to: source.host, as: "a/b:1")
                let usual = try await usualTime(source)
                var interrupted = 0
                for round in 0..<EndToEnd.FaultTests.kills {
                    let delay = usual * (Double(random.next(in: 0...1000)) / 1000)
                    let ending = try await withDockerRegistry { destination in
                        try await self.round(source, destination, signal, after: delay, "seed \(seed), round \(round)")
                    }
                    if ending == .exited(0) { continue }
                    interrupted += 1
                    // A signal that comes before the program listens for it ends it as it ends any program.
                    let usual: Set = [ChildProcess.Ending.signalled(signal), .exited(128 + signal)]
                    #expect(usual.contains(ending), "seed \(seed), round \(round)")
                }
                #expect(interrupted > 0, "seed \(seed)")
            }
        }

        @Test(arguments: [SIGKILL, SIGTERM])
        func `F01 F31 a copy to the embedded registry that is ended at any moment is made good by the next run`(
            _ signal: Int32
        ) async throws {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededRandom(seed: seed)
            try await withDockerRegistry { source in
                try await Self.image().push(to: source.host, as: "a/b:1")
                let usual = try await usualTime(source)
                var interrupted = 0
                for round in 0..<EndToEnd.FaultTests.kills {
                    let delay = usual * (Double(random.next(in: 0...1000)) / 1000)
                    let ending = try await withEmbeddedRegistry(Program.path) { destination in
                        try await self.round(source, destination, signal, after: delay, "seed \(seed), round \(round)")
                    }
                    if ending != .exited(0) { interrupted += 1 }
                }
                #expect(interrupted > 0, "seed \(seed)")
            }
        }

        @Test(arguments: [true, false])
        func `F31 a copy that is asked to end lets the piece on its way be acknowledged, and goes on behind it`(
            _ isEmbedded: Bool
        ) async throws {
            let image = try LargeImage(seed: 32, layerSizes: [100 << 20])
            let rule: CountingProxy.Rule = { request in
                request.method == "PATCH" ? .harm(.throttleRequest(bytesPerSecond: 40 << 20)) : .pass
            }
            try await withDockerRegistry { source in
                try await image.push(to: source.host, as: "a/b:1")
                func check(_ destination: any FaultyPlace, piece: Int64) async throws {
                    try await withFaultScene(from: source, to: destination, writing: rule) { scene in
                        let program = try await scene.start()
                        while program.isRunning, scene.sent < 40 << 20 {
                            try await Task.sleep(for: .milliseconds(5))
                        }
                        program.send(SIGTERM)
                        let result = await program.wait()
                        #expect(result.ending == .exited(143), "\(result.errorText)")
                        let pieces = scene.back.exchanges.filter { $0.method == "PATCH" }
                        #expect(pieces.last?.status == 202, "\(pieces)")
                        try await scene.expectConvergence()
                        #expect(scene.sent <= image.size + piece, "\(scene.back.exchanges)")
                    }
                }
                if isEmbedded {
                    try await withEmbeddedRegistry(Program.path) { try await check($0, piece: 64 << 20) }
                } else {
                    try await withDockerRegistry { try await check($0, piece: 16 << 20) }
                }
            }
        }
    }
}
