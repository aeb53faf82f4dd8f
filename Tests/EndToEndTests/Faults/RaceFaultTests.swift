// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCITestKit
import Synchronization
import Testing

extension EndToEnd.FaultTests {
    /// Somebody else changes what is copied, or where it is copied to, in the middle of the copy.
    @Suite(.serialized)
    struct RaceFaultTests {
        private static func image(_ seed: UInt64) throws -> LargeImage {
            try LargeImage(seed: seed, layerSizes: [3_000_000, 200_000])
        }

        @Test func `F23 a tag that moves in the middle arrives as it was at one time, and at last as it is`()
            async throws
        {
            let (old, new) = (try Self.image(61), try Self.image(62))
            try await withFaultScene(
                ["a/b:1": old, "a/b:2": new],
                reading: { _ in .harm(.throttleResponse(bytesPerSecond: 2 << 20)) }
            ) { scene in
                let program = try await scene.start()
                while program.isRunning, scene.front.tally.count("GET", .blob) == 0 {
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await new.publish(to: scene.source.host, as: "a/b:1")
                let result = await program.wait()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                try await scene.expectNothingHalfThere()
                let found = try await digest(of: "a/b:1", in: scene.destination.host)
                #expect(found == old.manifest.descriptor.digest, "what was seen first is what was copied")
                try await scene.expectConvergence()
            }
        }

        @Test func `what the destination collects as garbage before the tag is put is brought once more`() async throws
        {
            let image = try Self.image(63)
            let earlier = try LargeImage(seed: 63, layerSizes: [3_000_000])
            #expect(image.layers[0] == earlier.layers[0])
            let collected = Mutex(false)
            try await withDockerRegistry { source in
                try await image.push(to: source.host, as: "a/b:1")
                try await withDockerRegistry { destination in
                    // The first layer is there already, so that it is only asked for.
                    try await earlier.push(to: destination.host, as: "a/b:earlier")
                    try await withFaultScene(
                        from: source,
                        to: destination,
                        onTagPut: { _, tag, _ in
                            guard tag == "1",
                                collected.withLock({ done in
                                    defer { done = true }
                                    return !done
                                })
                            else { return }
                            try? destination.unlink(tag: "earlier", and: image.layers[0], in: "a/b")
                        }
                    ) { scene in
                        let result = try await scene.copy()
                        #expect(collected.withLock { $0 })
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        #expect(scene.back.tally.uploads.contains { $0.digest == image.layers[0].digest })
                        try await scene.expectConvergence()
                    }
                }
            }
        }

        @Test func `F24 two copies at once to one destination both end well`() async throws {
            var images: [String: LargeImage] = [:]
            for number in 0..<6 { images["a/app-\(number % 2):\(number)"] = try Self.image(UInt64(70 + number)) }
            images["a/large:1"] = try LargeImage(seed: 79, layerSizes: [70 << 20])
            try await withFaultScene(images) { scene in
                async let left = scene.copy()
                async let right = withHome { home in
                    try await home.run("copy", "\(scene.front.host)/", "\(scene.back.host)/")
                }
                for result in try await [left, right] {
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                }
                try await scene.expectEqual()
                try await scene.expectConvergence()
            }
        }

        @Test func `F24 two copies of one user at once do not spoil what they remember`() async throws {
            let images = ["a/b:1": try Self.image(81), "a/large:1": try LargeImage(seed: 82, layerSizes: [70 << 20])]
            try await withFaultScene(images) { scene in
                async let left = scene.copy()
                async let right = scene.copy()
                for result in try await [left, right] {
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                }
                try await scene.expectEqual()
                try await scene.expectConvergence()
            }
        }

        /// - Parameter isOneUser: Whether both copies remember the same things.
        @Test(arguments: [true, false])
        func `F24 two copies at once that stand still and go on at any moment both end well`(
            _ isOneUser: Bool
        ) async throws {
            let seed = UInt64.random(in: 0 ... .max)
            let comment = "seed \(seed)"
            let images = [
                "a/b:1": try Self.image(83), "a/b:2": try Self.image(84),
                "a/large:1": try LargeImage(seed: 85, layerSizes: [70 << 20]),
            ]
            try await withFaultScene(images) { scene in
                try await withHome { home in
                    let other = isOneUser ? scene.home : home
                    let left = try await scene.start()
                    let right = try await other.start(["copy", "\(scene.front.host)/", "\(scene.back.host)/"])
                    try await Self.disturb([left, right], seed: seed)
                    for program in [left, right] {
                        let result = await program.wait()
                        #expect(result.ending == .exited(0), "\(comment): \(result.errorText)")
                    }
                }
                try await scene.expectEqual(comment)
                try await scene.expectConvergence(comment)
            }
        }

        /// Stops programs and lets them go on, in random order and for random times, until they have ended.
        private static func disturb(_ programs: [ChildProcess], seed: UInt64) async throws {
            var random = SeededRandom(seed: seed)
            while programs.contains(where: \.isRunning) {
                let program = programs[random.next(in: 0...programs.count - 1)]
                program.send(SIGSTOP)
                try await Task.sleep(for: .milliseconds(random.next(in: 1...120)))
                program.send(SIGCONT)
                try await Task.sleep(for: .milliseconds(random.next(in: 1...60)))
            }
        }

        @Test(arguments: [true, false])
        func `F22 a blob that a registry confirms and does not have is found before the tag moves`(
            _ isSaid: Bool
        ) async throws {
            let image = try Self.image(64)
            let plan = FaultPlan()
                .on(
                    "PUT",
                    pathContains: image.layers[0].digest.hex,
                    occurrences: 1...1,
                    .reply(201, headers: [("Location", "/v2/a/b/blobs/\(image.layers[0].digest)")])
                )
            try await withDockerRegistry { source in
                try await image.push(to: source.host, as: "a/b:1")
                try await withProductRegistry(.lazy) { destination in
                    try await withFaultScene(from: source, to: destination, writing: plan.rule) { scene in
                        let options = isSaid ? try scene.configure("product: lenient") : []
                        let result = try await scene.start(options).wait()
                        #expect(plan.fired == 1)
                        #expect(scene.watch.violations == [])
                        #expect(destination.brokenTags == [])
                        if result.succeeded {
                            #expect(destination.has(image.layers[0].digest, in: "a/b"))
                        } else {
                            #expect(result.ending == .exited(1), "\(result.errorText)")
                            #expect(destination.digest(of: "1", in: "a/b") == nil)
                        }
                        try await scene.expectConvergence("\(result.ending)")
                        #expect(destination.brokenTags == [])
                    }
                }
            }
        }

        @Test func `F22 wrong bytes that a registry confirms are the exception that the guarantee names`() async throws
        {
            // A registry that does not compare digests holds what a spoilt connection made of a blob: reading it back is the
            // only way to know, which a copy does not do. What the copy promises is that it asks for the blob.
            let image = try Self.image(65)
            try await withDockerRegistry { source in
                try await image.push(to: source.host, as: "a/b:1")
                try await withProductRegistry(.lazy) { destination in
                    try await withFaultScene(from: source, to: destination) { scene in
                        let result = try await scene.start(try scene.configure("product: lenient")).wait()
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        for blob in image.blobs {
                            let uri = "/v2/a/b/blobs/\(blob.descriptor.digest)"
                            let asked = scene.back.exchanges.filter { $0.method == "HEAD" && $0.path == uri }
                            #expect(!asked.isEmpty, "\(scene.back.exchanges)")
                        }
                        #expect(destination.brokenTags == [])
                    }
                }
            }
        }
    }
}

extension ProductRegistry: FaultyPlace {
    func kill() async { await restart() }
    func startAgain() async throws {}
}

extension DockerRegistry {
    /// Takes a tag and a blob out of a repository, as the garbage collector and a deletion would.
    fileprivate func unlink(tag: String, and blob: Descriptor, in repository: String) throws {
        let root = "\(storage)/docker/registry/v2/repositories/\(repository)"
        try FileManager.default.removeItem(atPath: "\(root)/_manifests/tags/\(tag)")
        try FileManager.default.removeItem(atPath: "\(root)/_layers/sha256/\(blob.digest.hex)")
        try FileManager.default.removeItem(
            atPath: "\(storage)/docker/registry/v2/blobs/sha256/\(blob.digest.hex.prefix(2))/\(blob.digest.hex)"
        )
    }
}
