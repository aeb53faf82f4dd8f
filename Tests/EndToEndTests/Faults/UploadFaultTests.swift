// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Synchronization
import Testing

extension EndToEnd.FaultTests {
    /// A destination that cuts, spoils, forgets or refuses what it is sent.
    @Suite(.serialized)
    struct UploadFaultTests {
        private static let piece: Int64 = 16 << 20

        /// One blob that comes in pieces to Debian's registry, and one that comes at once.
        private static func image() throws -> LargeImage {
            try LargeImage(seed: 21, layerSizes: [68 << 20, 2 << 20])
        }

        @Test(arguments: [0, 1, 64 << 10, (2 << 20) - 1] as [Int64])
        func `F09 a blob that is cut on its way up begins anew`(_ place: Int64) async throws {
            let image = try LargeImage(seed: 22, layerSizes: [2 << 20])
            let plan = FaultPlan()
                .on("PUT", pathContains: "\(image.layers[0].digest.hex)", occurrences: 1...1, .cutRequest(after: place))
            try await withFaultScene(["a/b:1": image], writing: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 1)
                #expect(scene.sent <= image.size + place, "\(scene.back.exchanges)")
                try await scene.expectConvergence()
            }
        }

        @Test(arguments: [(1, 0), (1, 1), (2, 64 << 10), (3, (16 << 20) - 1)] as [(Int, Int64)])
        func `F09 a piece that is cut costs at most what came before it`(_ number: Int, _ place: Int64) async throws {
            let image = try Self.image()
            let plan = FaultPlan().on("PATCH", occurrences: number...number, .cutRequest(after: place))
            try await withFaultScene(["a/b:1": image], writing: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 1)
                #expect(scene.sent <= image.size + Int64(number - 1) * Self.piece + place, "\(scene.back.exchanges)")
                try await scene.expectConvergence()
            }
        }

        @Test(arguments: ["POST", "PATCH", "PUT"])
        func `F09 an answer that is lost is asked for again`(_ method: String) async throws {
            let image = try Self.image()
            let plan = FaultPlan()
                .on(method, pathContains: "/blobs/uploads/", occurrences: 1...2, .cutResponse(after: nil))
            try await withFaultScene(["a/b:1": image], writing: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 2)
                #expect(scene.sent <= 3 * image.size)
                try await scene.expectConvergence()
            }
        }

        @Test func `F09 the embedded registry keeps what came before a cut`() async throws {
            let image = try LargeImage(seed: 23, layerSizes: [100 << 20])
            let cuts = Mutex(0)
            let rule: CountingProxy.Rule = { request in
                guard request.method == "PATCH", request.statedLength > 5 << 20 else { return .pass }
                let isDue = cuts.withLock { cuts in
                    cuts += 1
                    return cuts <= 4
                }
                return isDue ? .harm(.cutRequest(after: 5 << 20)) : .pass
            }
            try await withDockerRegistry { source in
                try await image.push(to: source.host, as: "a/b:1")
                try await withEmbeddedRegistry(Program.path) { destination in
                    try await withFaultScene(from: source, to: destination, writing: rule) { scene in
                        let result = try await scene.copy()
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        #expect(cuts.withLock { $0 } > 4)
                        // A cut costs nothing but what the registry had not yet taken from its socket.
                        #expect(scene.sent <= image.size + 4 * (5 << 20), "\(scene.back.exchanges)")
                        try await scene.expectConvergence()
                    }
                }
            }
        }

        @Test(arguments: [0, 100_000, (2 << 20) - 1] as [Int64])
        func `F13 a byte that is spoilt on its way up is refused, and the blob sent anew`(_ place: Int64) async throws {
            let image = try LargeImage(seed: 24, layerSizes: [2 << 20])
            let plan = FaultPlan()
                .on("PUT", pathContains: "\(image.layers[0].digest.hex)", occurrences: 1...1, .flipRequest(byte: place))
            try await withFaultScene(["a/b:1": image], writing: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 1)
                #expect(scene.back.tally.statuses[400] == 1)
                #expect(scene.sent <= image.size + (2 << 20))
                try await scene.expectConvergence()
            }
        }

        @Test func `F13 a byte that is spoilt in a piece is refused at the end, and the blob sent anew`() async throws {
            let image = try Self.image()
            let plan = FaultPlan().on("PATCH", occurrences: 2...2, .flipRequest(byte: 70_000))
            try await withFaultScene(["a/b:1": image], writing: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 1)
                #expect(scene.sent <= 2 * image.size)
                try await scene.expectConvergence()
            }
        }

        @Test func `F19 a session that is forgotten costs what it had`() async throws {
            let image = try Self.image()
            let pieces = Mutex(0)
            let storage = Mutex("")
            let rule: CountingProxy.Rule = { request in
                guard request.method == "PATCH" else { return .pass }
                let number = pieces.withLock { pieces in
                    pieces += 1
                    return pieces
                }
                if number == 3 {
                    let folder = "\(storage.withLock { $0 })/docker/registry/v2/repositories/a/b/_uploads"
                    try? FileManager.default.removeItem(atPath: folder)
                }
                return .pass
            }
            try await withDockerRegistry { source in
                try await image.push(to: source.host, as: "a/b:1")
                try await withDockerRegistry { destination in
                    storage.withLock { $0 = destination.storage }
                    try await withFaultScene(from: source, to: destination, writing: rule) { scene in
                        let result = try await scene.copy()
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        #expect(scene.back.tally.statuses[404, default: 0] > 0)
                        #expect(scene.sent <= image.size + 3 * Self.piece, "\(scene.back.exchanges)")
                        try await scene.expectConvergence()
                    }
                }
            }
        }

        @Test(arguments: [416, 404, 500])
        func `F19 F20 a piece that was taken, and is said not to be, is settled by asking`(_ status: Int) async throws {
            let image = try Self.image()
            let plan = FaultPlan().on("PATCH", occurrences: 2...2, .replaceStatus(status))
            try await withFaultScene(["a/b:1": image], writing: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 1)
                #expect(scene.sent <= image.size + 2 * Self.piece, "\(scene.back.exchanges)")
                try await scene.expectConvergence()
            }
        }

        @Test(arguments: [true, false])
        func `F02 a registry that is killed in the middle of an upload is waited for`(_ hasSecret: Bool) async throws {
            let image = try Self.image()
            // Slowly enough to be caught in the middle.
            let rule: CountingProxy.Rule = { request in
                request.method == "PATCH" ? .harm(.throttleRequest(bytesPerSecond: 40 << 20)) : .pass
            }
            try await withFaultScene(["a/b:1": image], writing: rule) { scene in
                if !hasSecret, let registry = scene.destination as? DockerRegistry {
                    let file = "\(registry.directory)/config.yml"
                    let text = try String(contentsOfFile: file, encoding: .utf8)
                    try text.split(separator: "\n", omittingEmptySubsequences: false)
                        .filter { !$0.contains("secret:") }.joined(separator: "\n")
                        .write(toFile: file, atomically: true, encoding: .utf8)
                    try await registry.restart()
                }
                let program = try await scene.start()
                while program.isRunning, scene.back.tally.count("PATCH", .uploadData) < 3 {
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(program.isRunning)
                await scene.destination.kill()
                try await scene.destination.startAgain()
                let result = await program.wait()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(scene.sent <= 2 * image.size, "\(scene.back.exchanges)")
                try await scene.expectConvergence()
            }
        }
    }
}
