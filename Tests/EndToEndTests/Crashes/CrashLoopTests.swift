// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// Large copies that are killed at random; only long tests run them.
    @Suite(.serialized)
    struct CrashLoopTests {
        /// How many copies are killed, to each of the registries.
        private static let rounds = ProcessInfo.processInfo.environment["MIRROR_TEST_CRASHES"].flatMap(Int.init) ?? 0
        /// How often a copy is killed at most before it may end.
        private static let killsPerRound = 3
        /// Blobs of 128 to 500 MB, 2 GB together.
        private static let sizes: [Int64] = [128, 500, 200, 320, 256, 400, 180].map { $0 * 1_000_000 }

        @Test(.enabled(if: rounds > 0)) func `a large copy to docker-registry that is killed ends well`() async throws {
            try await loop { body in
                try await withDockerRegistry { registry in
                    try await body(registry.host) { try await expectWholeImages(registry) }
                }
            }
        }

        @Test(.enabled(if: rounds > 0)) func `a large copy to mirror serve that is killed ends well`() async throws {
            try await loop { body in
                try await withEmbeddedRegistry(Program.path) { registry in
                    try await body(registry.host) {
                        let check = try await Program.run("store", "check", "--store", registry.store)
                        #expect(check.outputText.hasPrefix("sound:"), "\(check.outputText)")
                    }
                }
            }
        }

        private typealias Round = (_ host: String, _ check: () async throws -> Void) async throws -> Void

        private func loop(_ withDestination: (Round) async throws -> Void) async throws {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SeededRandom(seed: seed)
            let image = try RepeatedImage(seed: 1, layerSizes: Self.sizes)
            let source = try await ProductRegistry.start(.distribution3)
            image.hold(in: source, "team/app", as: "1")
            var kills = 0
            for round in 0..<Self.rounds {
                let pauses = (0..<Self.killsPerRound).map { _ in Duration.milliseconds(random.next(in: 50...2500)) }
                try await withDestination { host, check in
                    try await withHome { home in
                        try home.write("version: 1\nspool: always\n", to: "config/mirror/mirror.yaml")
                        let arguments = ["copy", "\(source.host)/team/app:1", "\(host)/team/app"]
                        for pause in pauses {
                            let child = try await home.start(arguments)
                            try await Task.sleep(for: pause)
                            child.send(SIGKILL)
                            guard await child.wait().ending == .signalled(SIGKILL) else { break }
                            kills += 1
                            try await check()
                        }
                        let last = try await home.start(arguments).wait()
                        #expect(last.succeeded, "seed \(seed), round \(round): \(last.outputText)\(last.errorText)")
                        let digest = try await EndToEndTests.digest(of: "team/app:1", in: host)
                        #expect(digest == image.manifest.descriptor.digest, "seed \(seed), round \(round)")
                        try await check()
                    }
                }
            }
            await source.stop()
            print("crashes: \(Self.rounds) copies, \(kills) kills, seed \(seed)")
            #expect(kills > 0, "seed \(seed)")
        }
    }
}
