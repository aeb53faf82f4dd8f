// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCITestKit
import Testing

extension EndToEnd.FaultTests {
    /// A machine that has too little of something.
    @Suite(.serialized)
    struct HardshipFaultTests {
        private static func images() throws -> [String: LargeImage] {
            var images = ["a/large:1": try LargeImage(seed: 51, layerSizes: [70 << 20])]
            for number in 0..<12 {
                let sizes = (0..<6).map { 20_000 + number * 100 + $0 }
                images["a/small-\(number):1"] = try LargeImage(seed: UInt64(5200 + number), layerSizes: sizes)
            }
            return images
        }

        /// Runs a copy by way of a shell that takes something away first.
        private func copy(_ scene: FaultScene, _ command: [String]) async throws -> ChildProcess.Result {
            try await ChildProcess.start(
                command[0],
                command.dropFirst() + [Program.path, "copy", "\(scene.front.host)/", "\(scene.back.host)/"],
                environment: scene.home.environment,
                outputLimit: 8 << 20,
                endsWithParent: true
            )
            .wait()
        }

        @Test(arguments: [4, 40, 1000])
        func `F05 a full disk where the program keeps its notes stops no copy, or is said`(
            _ kilobytes: Int
        ) async throws {
            try await withFaultScene(Self.images()) { scene in
                let state = "\(scene.home.directory)/state"
                try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
                let mount = "mount -t tmpfs -o size=\(kilobytes)k tmpfs \"$0\" || exit 77; exec \"$@\""
                let result = try await copy(scene, ["unshare", "-m", "sh", "-c", mount, state])
                if result.ending == .exited(77) || result.errorText.contains("unshare") {
                    try Test.cancel("no file systems can be mounted here: \(result.errorText)")
                }
                if !result.succeeded {
                    #expect(result.ending == .exited(1), "\(result.errorText)")
                    let text = result.errorText.lowercased()
                    #expect(text.contains("no space") || text.contains("full"), "\(result.errorText)")
                }
                try await scene.expectNothingHalfThere()
                try await scene.expectConvergence("\(kilobytes) KB: \(result.ending)")
            }
        }

        @Test(arguments: [32, 64])
        func `F07 with few file descriptors the copy succeeds, or says what is missing, and never crashes`(
            _ descriptors: Int
        ) async throws {
            let images = try Self.images().filter { $0.key != "a/large:1" }
            try await withFaultScene(images) { scene in
                let limit = "ulimit -n \(descriptors); exec \"$0\" \"$@\""
                let result = try await copy(scene, ["sh", "-c", limit])
                if !result.succeeded {
                    #expect([.exited(1), .exited(69)].contains(result.ending), "\(result.errorText)")
                    #expect(result.errorText.lowercased().contains("open files"), "\(result.errorText)")
                }
                try await scene.expectNothingHalfThere()
                try await scene.expectConvergence("\(descriptors) descriptors: \(result.ending)")
            }
        }
    }
}
