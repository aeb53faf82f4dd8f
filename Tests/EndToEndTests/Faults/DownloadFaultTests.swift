// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCITestKit
import Synchronization
import Testing

extension EndToEnd.FaultTests {
    /// A source whose answers are cut, spoilt or mislabelled.
    @Suite(.serialized)
    struct DownloadFaultTests {
        private static let size = 4_000_000

        private static func image() throws -> LargeImage {
            try LargeImage(seed: 11, layerSizes: [size, 3_000_000])
        }

        /// Harms the first reading of the first layer; or each of its readings.
        private static func harm(
            _ image: LargeImage,
            _ faults: ProxyFaults,
            occurrences: ClosedRange<Int> = 1...1
        ) -> FaultPlan {
            FaultPlan().on("GET", pathContains: "\(image.layers[0].digest)", occurrences: occurrences, faults)
        }

        @Test(arguments: [0, 1, 64 << 10, size - 1], [PeerReply.Cut.reset, .finish])
        func `F08 F10 a blob that is cut is read on from the last byte that came`(
            _ place: Int,
            _ cut: PeerReply.Cut
        ) async throws {
            let image = try Self.image()
            let plan = Self.harm(image, .cutResponse(after: Int64(place), by: cut))
            try await withFaultScene(["a/b:1": image], reading: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 1)
                // What had come, and was not read yet, is lost with the connection.
                #expect(scene.read <= image.size + Int64(place), "\(scene.front.exchanges)")
                #expect(scene.sent == image.size)
                try await scene.expectConvergence()
            }
        }

        @Test func `F08 a blob that is cut again and again is read on each time`() async throws {
            let image = try Self.image()
            let plan = Self.harm(image, .cutResponse(after: 300_000, by: .finish), occurrences: 1...12)
            try await withFaultScene(["a/b:1": image], reading: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(0), "\(result.errorText)")
                #expect(plan.fired == 12)
                #expect(scene.read <= image.size + 12 * 300_000, "\(scene.front.exchanges)")
                try await scene.expectConvergence()
            }
        }

        @Test(arguments: [0, 1, 64 << 10, size / 2, size - 1])
        func `F13 one wrong byte is noticed, and read once more`(_ place: Int) async throws {
            let image = try Self.image()
            let plan = Self.harm(image, .flipResponse(byte: Int64(place)))
            try await withFaultScene(["a/b:1": image], reading: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(plan.fired == 1)
                #expect(result.ending == .exited(0), "\(result.errorText)")
                try await scene.expectConvergence()
            }
        }

        @Test func `F13 a blob that is always wrong is given up, and its tag never put`() async throws {
            let image = try Self.image()
            let sound = try LargeImage(seed: 12, layerSizes: [10_000])
            let plan = Self.harm(image, .flipResponse(byte: 100), occurrences: 1...Int.max)
            try await withFaultScene(["a/b:1": image, "a/c:1": sound], reading: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(1), "\(result.errorText)")
                #expect(result.errorText.contains("a/b:1"), "\(result.errorText)")
                #expect((2...5).contains(plan.fired), "\(plan.fired)")
                #expect(scene.watch.puts == 1, "the other image arrives")
                #expect(!scene.back.tally.uploads.contains { $0.digest == image.layers[0].digest })
                try await scene.expectConvergence()
            }
        }

        @Test(arguments: ["10", "\(size + 1000)", "\(size - 1)", "-5", "x", nil] as [String?])
        func `F11 a wrong length is no harm: never is a tag put over what is not right`(
            _ length: String?
        ) async throws {
            let image = try Self.image()
            let plan = Self.harm(image, .setField("Content-Length", length), occurrences: 1...1)
            try await withFaultScene(["a/b:1": image], reading: plan.rule) { scene in
                // A body that is shorter than its length is waited for.
                let options = try scene.configure("timeouts:\n  idle: 2s")
                let result = try await scene.start(options).wait()
                #expect(plan.fired == 1)
                #expect(result.ending == .exited(0) || result.ending == .exited(1), "\(result.errorText)")
                // The tag came by a sound blob, or not at all.
                #expect(scene.watch.puts == (result.succeeded ? 1 : 0))
                try await scene.expectConvergence("length \(length ?? "none"): \(result.ending)")
            }
        }

        @Test func `F11 a length that is always wrong ends the run, in which nothing is written`() async throws {
            let image = try Self.image()
            let plan = Self.harm(image, .setField("Content-Length", "17"), occurrences: 1...Int.max)
            try await withFaultScene(["a/b:1": image], reading: plan.rule) { scene in
                let result = try await scene.copy()
                #expect(result.ending == .exited(1), "\(result.errorText)")
                #expect(result.errorText.contains("\(image.layers[0].digest)"), "\(result.errorText)")
                #expect(scene.watch.puts == 0)
                try await scene.expectConvergence()
            }
        }
    }
}
