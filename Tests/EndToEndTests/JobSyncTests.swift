// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct JobSyncTests {
        /// A job from the first to the second registry, and one on from there to the third, by way of proxies.
        private struct Chain {
            let scene: JobScene
            let fronts: [CountingProxy]

            func sync(_ arguments: String..., ends status: Int32 = 0) async throws -> ChildProcess.Result {
                for front in fronts { front.reset() }
                let result = try await scene.home.start(["sync"] + arguments).wait()
                #expect(result.ending == .exited(status), "\(result.outputText)\(result.errorText)")
                return result
            }

            /// Checks that all three registries have the same, each under its own names.
            func expectSame() async throws {
                let first = try await allTags(of: scene.a)
                let hub = Dictionary(uniqueKeysWithValues: first.map { ("hub/\($0)", $1) })
                #expect(try await allTags(of: scene.b) == hub)
                #expect(try await allTags(of: scene.c) == first)
            }
        }

        private func withChain(_ body: (Chain) async throws -> Void) async throws {
            try await withJobScene(3) { scene in
                try await withCountingProxy(port: scene.a.port) { first in
                    try await withCountingProxy(port: scene.b.port) { second in
                        try await withCountingProxy(port: scene.c.port) { third in
                            try scene.configure(
                                """
                                in:
                                  from: \(first.host)/
                                  to: \(second.host)/hub
                                  repositories: ["**"]
                                out:
                                  from: \(second.host)/hub
                                  to: \(third.host)/
                                  repositories: ["**"]
                                """
                            )
                            try await body(Chain(scene: scene, fronts: [first, second, third]))
                        }
                    }
                }
            }
        }

        @Test func `two jobs in a row bring everything from a registry by way of another to a third`() async throws {
            try await withChain { chain in
                try await fill(chain.scene.a, with: Workload.small())
                let first = try await chain.sync()
                #expect(first.outputText.contains("in: done: 6 published, 0 equal in 2 repositories"))
                #expect(first.outputText.contains("out: done: 6 published, 0 equal in 2 repositories"))
                try await chain.expectSame()
                try await expectWholeImages(chain.scene.c)
                try await expectSameManifests(
                    allTags(of: chain.scene.a).keys.sorted(),
                    chain.scene.a,
                    chain.scene.c
                )

                // Nothing changed: one HEAD a tag and side, and the listings. That the sources list no referrers was found in
                // the run before.
                let second = try await chain.sync("--quiet")
                #expect(second.outputText + second.errorText == "")
                for (front, roles, catalogs) in zip3(chain.fronts, [1, 2, 1], [1, 1, 0]) {
                    #expect(front.tally.count("HEAD", .manifest) == 6 * roles)
                    #expect(front.tally.count("GET", .tags) == 2 * roles)
                    #expect(front.tally.count("GET", .catalog) == catalogs)
                    #expect(front.tally.total == 8 * roles + catalogs, "\(front.tally)")
                }

                // What moved at the first registry, and what is new there, is at the third after one run.
                let image = try await BuiltImage.tiny(77)
                try await put(image, ["small/app-00:v00", "small/more:1"], into: chain.scene.a)
                let third = try await chain.sync("--quiet")
                #expect(
                    third.outputText == """
                        in: done: 2 published, 5 equal in 3 repositories
                        out: done: 2 published, 5 equal in 3 repositories

                        """
                )
                #expect(third.errorText == "")
                try await chain.expectSame()
                #expect(try await allTags(of: chain.scene.c)["small/more:1"] == image.digest)
            }
        }

        @Test func `jobs that are named run alone, in the order of the words`() async throws {
            try await withChain { chain in
                try await put(BuiltImage.tiny(1), "team/app:1", into: chain.scene.a.host)
                // Backwards, so that nothing can be at the third registry yet.
                let backwards = try await chain.sync("out", "in")
                let heads = backwards.outputText.split(separator: "\n").filter { $0.contains("done: ") }
                #expect(heads.map { $0.prefix { $0 != ":" } } == ["out", "in"])
                #expect(try await allTags(of: chain.scene.b).count == 1)
                #expect(try await allTags(of: chain.scene.c).isEmpty)
                _ = try await chain.sync("out")
                #expect(chain.fronts[0].tally.total == 0)
                #expect(try await allTags(of: chain.scene.c).count == 1)
                let unknown = try await chain.sync("in", "owt", ends: 78)
                #expect(
                    unknown.errorText.contains("there is no job owt in \(chain.scene.configFile); did you mean out?")
                )
                #expect(chain.fronts.map(\.tally.total) == [0, 0, 0], "nothing runs of a wrong command line")
            }
        }

        @Test func `a job that cannot run stops no other, and the exit status says the worst`() async throws {
            try await withJobScene { scene in
                try await put(BuiltImage.tiny(1), "team/app:1", into: scene.a.host)
                // Answers that this is no registry are not waited out, as a refused connection is.
                let closed: CountingProxy.Rule = { _ in .reply(404) }
                try await withCountingProxy(port: scene.a.port, onRequest: closed) { gone in
                    try scene.configure(
                        """
                        gone:
                          from: \(gone.host)/
                          to: \(scene.b.host)/gone
                        unlisted:
                          from: \(scene.a.host)/
                          to: \(scene.b.host)/unlisted
                          references: images.txt
                        good:
                          from: \(scene.a.host)/
                          to: \(scene.b.host)/
                        """
                    )
                    let result = try await scene.run("sync", ends: 78)
                    #expect(
                        result.errorText.contains("\(gone.host) does not list its repositories"),
                        "\(result.errorText)"
                    )
                    let list = "\(scene.home.directory)/config/mirror/images.txt"
                    #expect(result.errorText.contains("there is no file \(list)"), "\(result.errorText)")
                    #expect(result.outputText.contains("good: done: 1 published"), "\(result.outputText)")
                    #expect(try await Array(allTags(of: scene.b).keys) == ["team/app:1"])
                    let plan = try await scene.run("plan", ends: 78)
                    #expect(plan.outputText.contains("good: 0 new, 0 moved, 1 equal"), "\(plan.outputText)")
                    try await scene.run("sync", "gone", "good", ends: 69)
                }
            }
        }
    }
}

private func zip3<First, Second, Third>(
    _ first: [First],
    _ second: [Second],
    _ third: [Third]
) -> [(First, Second, Third)] {
    zip(first, zip(second, third)).map { ($0, $1.0, $1.1) }
}
