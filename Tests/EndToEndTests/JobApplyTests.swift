// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct JobApplyTests {
        private func configure(_ scene: JobScene, _ overwrite: String = "always") throws {
            try scene.configure(
                """
                team:
                  from: \(scene.a.host)/team
                  to: \(scene.b.host)/copy
                  repositories: ["**"]
                  overwrite: \(overwrite)
                """
            )
        }

        @Test func `a plan is carried out exactly, and once more does nothing`() async throws {
            try await withJobScene { scene in
                try configure(scene)
                let images = try await [1, 2, 3].asyncMap { try await BuiltImage.tiny($0) }
                try await put(images[0], ["team/app:new", "team/app:moved", "team/app:equal"], into: scene.a)
                try await put(images[1], ["copy/app:moved", "copy/app:foreign"], into: scene.b)
                try await put(images[0], "copy/app:equal", into: scene.b.host)
                let file = "\(scene.home.directory)/plan.jsonl"
                try await scene.run("plan", "-o", file)
                // What the source does afterwards is not in the plan.
                try await put(images[2], ["team/app:late", "team/app:moved", "team/late:1"], into: scene.a)
                let result = try await scene.run("apply", file)
                #expect(result.outputText.contains("team: done: 2 published, 0 equal in 1 repository"))
                #expect(result.errorText.contains("team  \(scene.a.host)/team → \(scene.b.host)/copy"))
                let expected = [
                    "copy/app:new": images[0].digest, "copy/app:moved": images[0].digest,
                    "copy/app:equal": images[0].digest, "copy/app:foreign": images[1].digest,
                ]
                #expect(try await allTags(of: scene.b) == expected)
                try await expectWholeImages(scene.b)
                let again = try await scene.run("apply", file)
                #expect(again.outputText.contains("team: done: 0 published, 2 equal"), "\(again.outputText)")
                let quiet = try await scene.run("apply", "--quiet", file)
                #expect(quiet.outputText + quiet.errorText == "")
                #expect(try await allTags(of: scene.b) == expected)
            }
        }

        @Test func `where the world is not as planned, each image says so, and the rest is done`() async throws {
            try await withJobScene { scene in
                try configure(scene)
                let old = try await BuiltImage.tiny(1)
                let foreign = try await BuiltImage.tiny(2)
                let names = ["moved", "deleted", "appeared", "gone", "equal", "other", "good"]
                var images: [String: BuiltImage] = [:]
                for (seed, name) in names.enumerated() {
                    let image = try await BuiltImage.tiny(UInt64(10 + seed))
                    images[name] = image
                    try await put(image, "team/\(name):1", into: scene.a.host)
                    if ["moved", "deleted"].contains(name) { try await put(old, "copy/\(name):1", into: scene.b.host) }
                }
                func new(_ name: String) throws -> Digest { try #require(images[name]).digest }
                let file = "\(scene.home.directory)/plan.jsonl"
                try await scene.run("plan", "-o", file, "--quiet")
                try await put(foreign, ["copy/moved:1", "copy/appeared:1"], into: scene.b)
                try await delete(old.digest, of: "copy/deleted", in: scene.b)
                try await delete(new("gone"), of: "team/gone", in: scene.a)
                try await put(#require(images["equal"]), "copy/equal:1", into: scene.b.host)

                for round in 1...2 {
                    let result = try await scene.run("apply", file, ends: 1)
                    let text = result.errorText
                    for (name, sentence) in try [
                        (
                            "moved",
                            "the plan counted on \(old.digest.short) at the destination, which has \(foreign.digest.short) now"
                        ),
                        (
                            "deleted",
                            "the plan counted on \(old.digest.short) at the destination, which has nothing now"
                        ),
                        (
                            "appeared",
                            "the plan counted on nothing at the destination, which has \(foreign.digest.short) now"
                        ),
                        ("gone", "there is no @\(new("gone")) at the source"),
                    ] {
                        let line = text.split(separator: "\n")
                            .first { $0.hasPrefix("failed: ") && $0.contains("team/\(name)") }
                        #expect(line?.hasSuffix(": \(sentence)") == true, "\(name): \(text)")
                    }
                    #expect(text.contains("hint: make a new plan"))
                    let counts =
                        round == 1
                        ? "2 published, 1 equal, 3 refused, 1 failed" : "0 published, 3 equal, 3 refused, 1 failed"
                    #expect(result.outputText.contains("team: done: \(counts)"), "\(result.outputText)")
                    #expect(
                        try await allTags(of: scene.b) == [
                            "copy/moved:1": foreign.digest, "copy/appeared:1": foreign.digest,
                            "copy/equal:1": new("equal"),
                            "copy/other:1": new("other"), "copy/good:1": new("good"),
                        ]
                    )
                }
            }
        }

        @Test func `a plan whose images were not opened, one of two addresses, and one of digests can be applied`()
            async throws
        {
            try await withJobScene { scene in
                try await put(BuiltImage.tiny(1), ["team/app:1", "team/app:2"], into: scene.a)
                let bare = try await BuiltImage.tiny(2)
                let name = try RepositoryName("team/app")
                try await withEndpoint(of: scene.a) { try await bare.write(to: $0[name]) }
                try scene.configure(
                    """
                    digests:
                      from: \(scene.a.host)/team
                      to: \(scene.b.host)/digests
                      repositories:
                        - name: app
                          digests: ["\(bare.digest)"]
                    """
                )
                let file = "\(scene.home.directory)/plan.jsonl"
                try await scene.run(
                    "plan",
                    "--open",
                    "none",
                    "-o",
                    file,
                    "\(scene.a.host)/team/**",
                    "\(scene.b.host)/pair"
                )
                try await scene.run("apply", file)
                #expect(try await Set(allTags(of: scene.b).keys) == ["pair/app:1", "pair/app:2"])
                try await expectWholeImages(scene.b)
                try await scene.run("plan", "-o", file)
                let first = try await scene.run("apply", file)
                #expect(first.outputText.contains("digests: done: 1 published"), "\(first.outputText)")
                #expect(try await digest(of: "digests/app@\(bare.digest)", in: scene.b.host) == bare.digest)
                let second = try await scene.run("apply", file)
                #expect(second.outputText.contains("digests: done: 0 published, 1 equal"), "\(second.outputText)")
            }
        }

        @Test func `what a plan made equal, the job remembers`() async throws {
            try await withJobScene { scene in
                try configure(scene, "if-unchanged")
                try await put(BuiltImage.tiny(1), ["team/app:1"], into: scene.a)
                let file = "\(scene.home.directory)/plan.jsonl"
                try await scene.run("plan", "-o", file)
                try await scene.run("apply", file)
                try await put(BuiltImage.tiny(2), ["team/app:1"], into: scene.a)
                let result = try await scene.run("sync")
                #expect(result.outputText.contains("1 published"), "\(result.outputText)")
            }
        }

        @Test func `what is no plan, or half of one, is told by its line, and nothing is done`() async throws {
            try await withJobScene { scene in
                try configure(scene)
                try await put(BuiltImage.tiny(1), ["team/app:1", "team/app:2"], into: scene.a)
                let file = "\(scene.home.directory)/plan.jsonl"
                let missing = try await scene.run("apply", file, ends: 78)
                #expect(missing.errorText.contains("there is no file \(file)"), "\(missing.errorText)")
                try await scene.run("plan", "-o", file)
                let text = try String(contentsOfFile: file, encoding: .utf8)
                for (broken, line) in [
                    (String(text.dropLast(20)), 4), ("", 1), ("{}\n" + text, 1),
                    (text.replacing(#""mirrorPlan":1"#, with: #""mirrorPlan":2"#), 1), (text + "what\n", 5),
                ] {
                    try Data(broken.utf8).write(to: URL(filePath: file))
                    let result = try await scene.run("apply", file, ends: 78)
                    #expect(
                        result.errorText.hasPrefix("error: cannot use the plan \(file), line \(line): "),
                        "\(result.errorText)"
                    )
                }
                #expect(try await allTags(of: scene.b).isEmpty)
            }
        }
    }
}
