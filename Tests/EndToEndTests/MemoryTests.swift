// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// The program needs no more memory for large blobs, many tags or many repositories than for small and few ones.
    @Suite(.serialized)
    struct MemoryTests {
        /// The most that the program may ever have in use, in bytes.
        private static let bound: Int64 = 96 << 20
        /// Long tests ask for more of everything.
        private static let isLong = ProcessInfo.processInfo.environment["MIRROR_TEST_MEMORY"] != nil

        @Test func `large blobs do not fill the memory`() async throws {
            let gigabytes: Int64 = Self.isLong ? 20 : 2
            let sizes = [gigabytes << 30] + Array(repeating: 200 << 20, count: 3)
            try await expectLittle(for: sizes, "a blob of \(gigabytes) GiB and three of 200 MiB")
        }

        @Test func `many large blobs at once do not fill the memory`() async throws {
            // More than are ever on their way at the same time.
            try await expectLittle(for: Array(repeating: 100 << 20, count: 20), "20 blobs of 100 MiB")
        }

        @Test func `what is read over several connections does not fill the memory`() async throws {
            let sizes = Array(repeating: Int64(66 << 20), count: 16)
            try await expectLittle(for: sizes, "16 blobs of 66 MiB from a slow host", isFar: true)
        }

        /// Copies an image, from a registry that makes its layers up to one that forgets them.
        /// - Parameter isFar: Whether the source is another machine, as far as can be told, and slow.
        private func expectLittle(for layerSizes: [Int64], _ what: String, isFar: Bool = false) async throws {
            let source = try await ProductRegistry.start(.distribution3)
            let link = CountingProxy.Options(bytesPerSecondPerConnection: isFar ? 20 << 20 : nil)
            let proxy = try await CountingProxy.start(port: source.port, options: link)
            let destination = try await ProductRegistry.start(.distribution2, keptBlobSize: 1 << 20)
            let image = try RepeatedImage(seed: 1, layerSizes: layerSizes)
            image.hold(in: source, "team/app", as: "1")
            // An address that leads to this machine, and is none of those that are known to.
            let host = isFar ? "http://0.0.0.0:\(proxy.port)" : source.host
            let result = try await Program.run("copy", "\(host)/team/app:1", "\(destination.host)/team/app")
            try report(what, result)
            #expect(destination.digest(of: "1", in: "team/app") == image.manifest.descriptor.digest)
            #expect(destination.brokenTags == [])
            await proxy.stop()
            await source.stop()
            await destination.stop()
        }

        @Test func `many tags of a repository do not fill the memory`() async throws {
            let tags = Self.isLong ? 100_000 : 20_000
            // Most are there already where time counts: that takes two questions each, and no writing.
            let newTags = Self.isLong ? tags : 2000
            let source = try await ProductRegistry.start(.distribution3)
            let destination = try await ProductRegistry.start(.distribution2)
            try holdTags(0..<tags, in: source) { number, image in
                if number >= newTags { destination.hold(image, in: "team/app", as: "v\(number)") }
            }
            // A file a manifest: on a disk they would take most of the time.
            let state = "\(DockerRegistry.usualParent)/mirror-state-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: state) }
            let arguments = [
                "copy", "--quiet", "--all-tags", "\(source.host)/team/app", "\(destination.host)/team/app",
            ]
            for turn in Self.isLong ? ["new", "equal"] : ["new and equal"] {
                try report("\(tags) \(turn) tags", try await Program.start(arguments, state: state).wait())
            }
            for number in [0, newTags - 1, tags - 1] {
                let held = source.digest(of: "v\(number)", in: "team/app")
                #expect(held != nil && destination.digest(of: "v\(number)", in: "team/app") == held)
            }
            #expect(destination.brokenTags == [])
            await source.stop()
            await destination.stop()
        }

        @Test(.enabled(if: isLong)) func `many repositories do not fill the memory`() async throws {
            let source = try await ProductRegistry.start(.distribution3)
            let destination = try await ProductRegistry.start(.distribution2)
            let image = try RepeatedImage(seed: 1, layerSizes: [1000])
            for number in 0..<50_000 { image.hold(in: source, "team/app-\(number)", as: "1") }
            for turn in ["new", "equal"] {
                let result = try await Program.run("copy", "--quiet", "\(source.host)/", "\(destination.host)/")
                try report("50000 \(turn) repositories", result)
            }
            await source.stop()
            await destination.stop()
        }

        /// Fills a repository with manifests that share their blobs.
        /// - Parameter hold: Told of each.
        private func holdTags(
            _ numbers: Range<Int>,
            in registry: ProductRegistry,
            _ hold: (Int, ManifestDocument) -> Void
        ) throws {
            let image = try RepeatedImage(seed: 1, layerSizes: [1000])
            image.hold(in: registry, "team/app", as: "latest")
            let text = String(decoding: image.manifest.bytes, as: UTF8.self)
            for number in numbers {
                let other = try ImageBuilder.document("\(text.dropLast()),\"annotations\":{\"n\":\"\(number)\"}}")
                registry.hold(other, in: "team/app", as: "v\(number)")
                hold(number, other)
            }
        }

        private func report(_ what: String, _ result: ChildProcess.Result) throws {
            let text = "\(what): \(result.peakMemory >> 20) MiB, \(result.wallTime)"
            print("memory: \(text)")
            #expect(result.succeeded, "\(text): \(result.errorText.suffix(2000))")
            #expect(result.peakMemory > 0 && result.peakMemory < Self.bound, "\(text)")
        }
    }
}
