// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct JobPlanTests {
        /// A job whose destination has one tag, lacks two, and has one that points to something else.
        private func withWork(
            _ body: (JobScene, _ front: CountingProxy, _ back: CountingProxy) async throws -> Void
        ) async throws {
            try await withJobScene { scene in
                try await fill(scene.a, with: Workload.small(repositories: 1, tags: 4))
                try await withCountingProxy(port: scene.a.port) { front in
                    try await withCountingProxy(port: scene.b.port) { back in
                        try scene.configure(
                            """
                            team:
                              from: \(front.host)/small
                              to: \(back.host)/copy
                              repositories: ["**"]
                            other:
                              from: \(front.host)/none
                              to: \(back.host)/none
                              repositories: ["**"]
                            """
                        )
                        let from = "\(scene.a.host)/small/app-00"
                        let to = "\(scene.b.host)/copy/app-00"
                        try await scene.run("copy", "\(from):v00", to)
                        try await scene.run("copy", "\(from):v00", "\(to):v01")
                        try scene.forget()
                        try await body(scene, front, back)
                    }
                }
            }
        }

        @Test func `a plan counts what a run would do, tells it by the exit status if asked to, and changes nothing`()
            async throws
        {
            try await withWork { scene, _, back in
                let plan = try await scene.run("plan", "--exit-code", ends: 2)
                #expect(plan.outputText.contains("team: 2 new, 1 moved, 1 equal in 1 repository"), "\(plan.outputText)")
                #expect(plan.outputText.contains("other: 0 new, 0 moved, 0 equal in 0 repositories"))
                #expect(plan.outputText.contains("nothing was changed"))
                try await scene.run("plan")
                try await scene.run("plan", "other", "--exit-code")
                let quiet = try await scene.run("plan", "--exit-code", "--quiet", ends: 2)
                #expect(quiet.outputText == "team: 2 new, 1 moved, 1 equal in 1 repository\n")
                #expect(quiet.errorText == "")
                let dry = try await scene.run("sync", "--dry-run")
                #expect(dry.outputText.contains("team: 2 new, 1 moved, 1 equal in 1 repository"))
                #expect(back.tally.counts.keys.allSatisfy { ["GET", "HEAD"].contains($0.method) }, "\(back.tally)")
                let run = try await scene.run("sync")
                #expect(
                    run.outputText.contains("team: done: 3 published, 1 equal in 1 repository"),
                    "\(run.outputText)"
                )
                let done = try await scene.run("plan", "--exit-code")
                #expect(done.outputText.contains("team: 0 new, 0 moved, 4 equal"), "\(done.outputText)")
            }
        }

        @Test func `with open none no manifest is fetched, and otherwise each is fetched once in all`() async throws {
            try await withWork { scene, front, _ in
                let closed = try await scene.run("plan", "team", "--open", "none")
                #expect(closed.outputText.contains("team: 2 new, 1 moved, 1 equal in 1 repository"))
                #expect(closed.outputText.contains("3 images not opened"), "\(closed.outputText)")
                #expect(front.tally.count("GET", .manifest) == 0)
                // What differs are two images and an index of two.
                let open = try await scene.run("plan", "team")
                #expect(front.tally.count("GET", .manifest) == 5, "\(front.tally)")
                #expect(open.outputText.contains("5 manifests fetched to look"), "\(open.outputText)")
                #expect(!open.outputText.contains("not opened"))
                front.reset()
                let again = try await scene.run("plan", "team")
                #expect(front.tally.count("GET", .manifest) == 0, "\(front.tally)")
                #expect(!again.outputText.contains("fetched to look"), "\(again.outputText)")
                // The run does not fetch them once more either.
                try await scene.run("sync", "team")
                #expect(front.tally.count("GET", .manifest) == 0, "\(front.tally)")
                #expect(try await allTags(of: scene.b).count == 4)
                try await expectWholeImages(scene.b)
            }
        }

        @Test func `the plan for scripts has a line for each image, and says what the run then does`() async throws {
            try await withWork { scene, front, back in
                let plan = try jsonLines(await scene.run("plan", "team", "--format", "json"))
                #expect(plan.allSatisfy { $0["job"] as? String == "team" })
                let tags = plan.compactMap { $0["event"] as? String == "planned" ? $0["tag"] as? String : nil }
                #expect(tags.sorted() == ["v01", "v02", "v03"], "\(plan)")
                #expect(plan.count { $0["oldDigest"] != nil } == 1)
                #expect(plan.count { $0["event"] as? String == "equal" } == 1)
                let sums = try #require(plan.last)
                #expect(sums["event"] as? String == "plan")
                let counts = try #require(sums["counts"] as? [String: Any])
                #expect(["new", "moved", "equal"].map { counts[$0] as? Int } == [2, 1, 1])
                let forecast = try #require(sums["plan"] as? [String: Any])

                front.reset()
                back.reset()
                let run = try jsonLines(await scene.run("sync", "team", "--format", "json"))
                let report = try #require(run.last?["counts"] as? [String: Any])
                for (name, done) in [
                    ("blobsToCopy", "blobsCopied"), ("blobsToMount", "blobsMounted"), ("bytesToCopy", "bytesCopied"),
                ] {
                    #expect(forecast[name] as? Int == report[done] as? Int, "\(name): \(forecast), \(report)")
                }
                #expect(report["sourceRequests"] as? Int == front.tally.total)
                #expect(report["destinationRequests"] as? Int == back.tally.total)
            }
        }

        @Test func `words that are jobs are the jobs, others are two addresses, and one that is neither is told`()
            async throws
        {
            try await withWork { scene, _, _ in
                let both = try await scene.run("plan", "team", "other")
                #expect(both.outputText.contains("team: 2 new") && both.outputText.contains("other: 0 new"))
                let pair = try await scene.run("plan", "\(scene.a.host)/small/**", "\(scene.b.host)/copy")
                #expect(pair.outputText.contains("plan: 2 new, 1 moved, 1 equal"), "\(pair.outputText)")
                let image = try await scene.run("plan", "\(scene.a.host)/small/app-00:v02", "\(scene.b.host)/x")
                #expect(image.outputText.contains("plan: 1 new, 0 moved, 0 equal"), "\(image.outputText)")
                for words in [
                    ["taem"], ["team", "otter"], ["taem", "team"], ["taem", "nothing"], ["a", "b", "taem"],
                ] {
                    let result = try await scene.home.start(["plan"] + words).wait()
                    #expect(result.ending == .exited(78), "\(words)")
                    #expect(result.errorText.contains("error: there is no job "), "\(words): \(result.errorText)")
                }
                let nearest = try await scene.run("plan", "taem", ends: 78)
                #expect(nearest.errorText == "error: there is no job taem in \(scene.configFile); did you mean team?\n")
            }
            try await withHome { home in
                let result = try await home.run("plan")
                #expect(result.ending == .exited(78))
                #expect(result.errorText.contains("there is no config file"), "\(result.errorText)")
            }
        }

        @Test func `a plan of jobs that overwrite on terms shows what they refuse`() async throws {
            try await withJobScene { scene in
                try scene.configure(
                    """
                    team:
                      from: \(scene.a.host)/
                      to: \(scene.b.host)/
                      overwrite: never
                    """
                )
                try await put(BuiltImage.tiny(1), ["team/app:1", "team/app:2"], into: scene.a)
                try await put(BuiltImage.tiny(2), "team/app:1", into: scene.b.host)
                let file = "\(scene.home.directory)/plan.jsonl"
                let plan = try await scene.run("plan", "-o", file, ends: 1)
                #expect(plan.outputText.contains("team: 1 new, 0 moved, 0 equal, 1 refused"), "\(plan.outputText)")
                #expect(plan.errorText.contains("the job never overwrites"), "\(plan.errorText)")
                let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                #expect(lines.count == 3, "what is refused is not in the plan")
                #expect(lines[2].contains(#""tag":"2""#))
            }
        }
    }
}
