// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct JobLockTests {
        /// A job whose destination stands behind a barrier.
        private func withBarrier(
            _ barrier: Barrier,
            tags: Int = 6,
            _ body: (JobScene, CountingProxy) async throws -> Void
        ) async throws {
            try await withJobScene { scene in
                try await fill(scene.a, with: Workload.small(repositories: 1, tags: tags))
                try await withCountingProxy(port: scene.b.port, onRequest: barrier.rule) { back in
                    try scene.configure(
                        """
                        team:
                          from: \(scene.a.host)/small
                          to: \(back.host)/copy
                          repositories: ["**"]
                        other:
                          from: \(scene.a.host)/small
                          to: \(scene.b.host)/other
                          repositories: ["**"]
                        """
                    )
                    try await body(scene, back)
                }
            }
        }

        @Test func `a second run of a job ends with 75, others run, and with wait it runs after the first`()
            async throws
        {
            let barrier = Barrier(after: 0)
            try await withBarrier(barrier) { scene, _ in
                let first = try await scene.home.start(["sync", "team"])
                try await barrier.wait(for: first)
                let second = try await scene.run("sync", ends: 75)
                #expect(
                    second.errorText.contains(
                        """
                        error: cannot run team: another run of it is under way on this machine
                          hint: --wait waits for it
                        """
                    ),
                    "\(second.errorText)"
                )
                #expect(second.outputText.contains("other: done: 6 published"), "\(second.outputText)")
                // Nobody needs the lock to look.
                try await scene.run("list", "team")
                try await scene.run("config", "show", "team")

                let third = try await scene.home.start(["sync", "--wait", "team"])
                #expect(first.isRunning)
                barrier.open()
                let one = await first.wait()
                #expect(one.ending == .exited(0), "\(one.errorText)")
                #expect(one.outputText.contains("team: done: 6 published, 0 equal"), "\(one.outputText)")
                let two = await third.wait()
                #expect(two.ending == .exited(0), "\(two.errorText)")
                #expect(two.outputText.contains("team: done: 0 published, 6 equal"), "\(two.outputText)")
            }
        }

        @Test func `a plan of a job is not applied while the job runs`() async throws {
            let barrier = Barrier("/uploads/", after: 0)
            try await withBarrier(barrier) { scene, _ in
                let file = "\(scene.home.directory)/plan.jsonl"
                try await scene.run("plan", "team", "-o", file)
                let first = try await scene.home.start(["sync", "team"])
                try await barrier.wait(for: first)
                let apply = try await scene.run("apply", file, ends: 75)
                #expect(
                    apply.errorText.contains("cannot run team: another run of it is under way"),
                    "\(apply.errorText)"
                )
                // Who mends writes, too; who only looks needs no lock.
                let healing = try await scene.run("verify", "team", "--heal", ends: 75)
                #expect(healing.errorText.contains("cannot run team"), "\(healing.errorText)")
                let looking = try await scene.run("verify", "team", ends: 1)
                #expect(looking.outputText.contains("6 differ (6 missing)"), "\(looking.outputText)")
                barrier.open()
                #expect(await first.wait().ending == .exited(0))
                try await scene.run("apply", file)
            }
        }

        @Test func `a run that was killed holds no lock, and the next one completes what it began`() async throws {
            let barrier = Barrier("/manifests/", after: 3)
            try await withBarrier(barrier) { scene, _ in
                let first = try await scene.home.start(["sync", "team"])
                try await barrier.wait(for: first)
                first.send(SIGKILL)
                #expect(await first.wait().ending == .signalled(SIGKILL))
                try await expectWholeImages(scene.b)
                barrier.open()
                let second = try await scene.run("sync", "team")
                #expect(!second.outputText.contains(" 6 published"), "\(second.outputText)")
                try await expectAll(scene)
            }
        }

        @Test func `SIGTERM in the middle ends a run in order with 143, and the next one completes it`() async throws {
            let barrier = Barrier("/manifests/", after: 3)
            try await withBarrier(barrier) { scene, _ in
                // With another job after it, which is not begun.
                let first = try await scene.home.start(["sync", "team", "other"])
                try await barrier.wait(for: first)
                first.send(SIGTERM)
                let result = await first.wait()
                #expect(result.ending == .exited(143), "\(result.errorText)")
                #expect(result.outputText.contains("team: interrupted: "), "\(result.outputText)")
                #expect(!result.outputText.contains("other: "), "\(result.outputText)")
                try await expectWholeImages(scene.b)
                barrier.open()
                try await scene.run("sync", "team")
                try await expectAll(scene)
            }
        }

        @Test func `max-duration ends a run in order with 1 and says so, and the next one completes it`() async throws {
            let barrier = Barrier("/manifests/", after: 3)
            try await withBarrier(barrier) { scene, _ in
                let result = try await scene.run("sync", "--max-duration", "1500ms", ends: 1)
                #expect(result.outputText.contains("team: interrupted: "), "\(result.outputText)")
                #expect(
                    result.outputText.contains(
                        "stopped after 1.5 s, as was asked; run the same command again to go on"
                    ),
                    "\(result.outputText)"
                )
                #expect(result.errorText.contains("not begun: other"), "\(result.errorText)")
                try await expectWholeImages(scene.b)
                let quiet = try await scene.run("sync", "--quiet", "--max-duration", "500ms", ends: 1)
                #expect(quiet.errorText.contains("stopped after 500.0 ms, as was asked"), "\(quiet.errorText)")
                barrier.open()
                let rest = try await scene.run("sync", "--max-duration", "10m")
                #expect(rest.outputText.contains("other: done: 6 published"), "\(rest.outputText)")
                try await expectAll(scene)
            }
        }

        @Test func `a run that waits for another one can be ended`() async throws {
            let barrier = Barrier(after: 0)
            try await withBarrier(barrier) { scene, _ in
                let first = try await scene.home.start(["sync", "team"])
                try await barrier.wait(for: first)
                let second = try await scene.run("sync", "--wait", "--max-duration", "300ms", "team", ends: 1)
                #expect(second.errorText.contains("stopped after 300.0 ms, as was asked"), "\(second.errorText)")
                #expect(second.errorText.contains("not begun: team"), "\(second.errorText)")
                first.send(SIGINT)
                #expect(await first.wait().ending == .exited(130))
            }
        }

        @Test func `where nothing can be kept a job says so and does not run, and what needs no lock goes on`()
            async throws
        {
            let barrier = Barrier(after: 0)
            barrier.open()
            try await withBarrier(barrier) { scene, _ in
                let folder = try scene.home.write("no folder\n", to: "occupied")
                let home = scene.home.with("XDG_STATE_HOME", folder)
                let run = try await home.run("sync")
                #expect(run.ending == .exited(78))
                #expect(run.outputText == "")
                let sentences = run.errorText.split(separator: "\n")
                #expect(sentences.count == 2, "one for each job: \(run.errorText)")
                #expect(sentences.allSatisfy { $0.hasPrefix("error: cannot use \(folder)/") }, "\(run.errorText)")
                #expect(try await allTags(of: scene.b).isEmpty)
                for words in [["list", "team"], ["plan", "team"], ["copy", "\(scene.a.host)/", "\(scene.b.host)/"]] {
                    let result = try await home.start(words).wait()
                    #expect(result.ending == .exited(0), "\(words): \(result.errorText)")
                }
                #expect(try await allTags(of: scene.b).count == 6)
            }
        }

        private func expectAll(_ scene: JobScene) async throws {
            let tags = try await allTags(of: scene.a)
            let copies = try await allTags(of: scene.b).filter { $0.key.hasPrefix("copy/") }
            #expect(copies.count == 6)
            for (name, digest) in tags { #expect(copies[name.replacing("small/", with: "copy/")] == digest) }
            try await expectWholeImages(scene.b)
        }
    }
}
