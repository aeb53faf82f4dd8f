// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct JobOverwriteTests {
        private func configure(_ scene: JobScene, _ overwrite: String) throws {
            try scene.configure(
                """
                team:
                  from: \(scene.a.host)/
                  to: \(scene.b.host)/copy
                  repositories: ["team/**"]
                  overwrite: \(overwrite)
                """
            )
        }

        @Test func `a tag that somebody moved at the destination is a conflict, and is left alone`() async throws {
            try await withJobScene { scene in
                try configure(scene, "if-unchanged")
                let images = try await [1, 2, 3].asyncMap { try await BuiltImage.tiny($0) }
                try await put(images[0], ["team/app:1", "team/app:2", "team/app:3"], into: scene.a)
                try await scene.run("sync")
                // Somebody pushes; one of the tags moves at the source, too.
                try await put(images[1], ["copy/team/app:1", "copy/team/app:3"], into: scene.b)
                try await put(images[2], ["team/app:1", "team/app:2"], into: scene.a)
                for _ in 1...2 {
                    let result = try await scene.run("sync", ends: 1)
                    let sentence = """
                        somebody moved it at the destination: it was \(images[0].digest.short) when both sides were equal, \
                        and is \(images[1].digest.short) now
                          hint: make both sides equal by hand: copy the one that is right with mirror copy, and run the job again
                        """
                    #expect(result.errorText.contains(sentence), "\(result.errorText)")
                    #expect(result.errorText.contains("team/app:1"))
                    #expect(result.errorText.contains("team/app:3"))
                    #expect(result.outputText.contains("2 refused"), "\(result.outputText)")
                    let tags = try await allTags(of: scene.b)
                    #expect(tags["copy/team/app:1"] == images[1].digest)
                    #expect(tags["copy/team/app:3"] == images[1].digest)
                    #expect(tags["copy/team/app:2"] == images[2].digest, "the others go on")
                }

                // The hint, either way round.
                try await scene.run("copy", "\(scene.a.host)/team/app:1", "\(scene.b.host)/copy/team/app:1")
                try await scene.run("copy", "\(scene.b.host)/copy/team/app:3", "\(scene.a.host)/team/app:3")
                let result = try await scene.run("sync")
                #expect(result.outputText.contains("0 published, 3 equal"), "\(result.outputText)")
                // And the job goes on with these tags as before.
                try await put(images[0], ["team/app:1", "team/app:3"], into: scene.a)
                try await scene.run("sync")
                #expect(try await Set(allTags(of: scene.b).values) == [images[0].digest, images[2].digest])
            }
        }

        @Test func `without its memory a job refuses what differs, and never overwrites it`() async throws {
            try await withJobScene { scene in
                try configure(scene, "if-unchanged")
                let images = try await [1, 2].asyncMap { try await BuiltImage.tiny($0) }
                try await put(images[0], ["team/app:1", "team/app:2"], into: scene.a)
                try await scene.run("sync")
                try scene.forget()
                try await put(images[1], ["team/app:1", "team/app:new"], into: scene.a)
                for _ in 1...2 {
                    let result = try await scene.run("sync", ends: 1)
                    #expect(
                        result.errorText.contains(
                            "failed: team/app:1: the destination has \(images[0].digest.short), and it is not known whether "
                                + "somebody moved it there (overwrite: if-unchanged)"
                        ),
                        "\(result.errorText)"
                    )
                    let tags = try await allTags(of: scene.b)
                    #expect(tags["copy/team/app:1"] == images[0].digest)
                    #expect(tags["copy/team/app:new"] == images[1].digest, "what is not there cannot be overwritten")
                }
                // What was equal in these runs is known again.
                try await put(images[1], "team/app:2", into: scene.a.host)
                let result = try await scene.run("sync", ends: 1)
                #expect(result.outputText.contains("1 published, 1 equal, 1 refused"), "\(result.outputText)")
            }
        }

        @Test func `never lets what is there stay, reports it, and brings what is new`() async throws {
            try await withJobScene { scene in
                try configure(scene, "never")
                let images = try await [1, 2].asyncMap { try await BuiltImage.tiny($0) }
                try await put(images[0], "team/app:1", into: scene.a.host)
                try await scene.run("sync")
                try await put(images[1], ["team/app:1", "team/app:2"], into: scene.a)
                let result = try await scene.run("sync", ends: 1)
                #expect(
                    result.errorText.contains(
                        "failed: team/app:1: the destination has \(images[0].digest.short), and the job never overwrites "
                            + "(overwrite: never)"
                    ),
                    "\(result.errorText)"
                )
                #expect(
                    try await allTags(of: scene.b) == [
                        "copy/team/app:1": images[0].digest, "copy/team/app:2": images[1].digest,
                    ]
                )
            }
        }

        /// Two jobs of which each is the way back of the other.
        private func configureTwoWays(_ scene: JobScene) throws {
            try scene.configure(
                """
                there:
                  from: \(scene.a.host)/
                  to: \(scene.b.host)/copy
                  repositories: ["team/**"]
                  overwrite: if-unchanged
                back:
                  from: \(scene.b.host)/copy
                  to: \(scene.a.host)/
                  repositories: ["team/**"]
                  overwrite: if-unchanged
                """
            )
        }

        @Test func `with jobs both ways a push on either side reaches the other, again and again`() async throws {
            try await withJobScene { scene in
                try configureTwoWays(scene)
                try await put(BuiltImage.tiny(1), ["team/app:1", "team/app:2"], into: scene.a)
                try await scene.run("sync")
                // Every order of two pushes in a row is among these.
                for (round, side) in "abbaa".enumerated() {
                    let image = try await BuiltImage.tiny(10 + UInt64(round))
                    let name = side == "a" ? "team/app:1" : "copy/team/app:1"
                    try await put(image, name, into: side == "a" ? scene.a.host : scene.b.host)
                    let result = try await scene.run("sync", "--quiet")
                    #expect(result.errorText == "", "round \(round)")
                    #expect(try await digest(of: "team/app:1", in: scene.a.host) == image.digest, "round \(round)")
                    #expect(try await digest(of: "copy/team/app:1", in: scene.b.host) == image.digest, "round \(round)")
                }
                let quiet = try await scene.run("sync", "--quiet")
                #expect(quiet.outputText + quiet.errorText == "")
                // New tags and repositories on either side, too.
                try await put(BuiltImage.tiny(50), "team/app:new", into: scene.a.host)
                try await put(BuiltImage.tiny(51), "copy/team/other:1", into: scene.b.host)
                try await scene.run("sync")
                let tags = try await allTags(of: scene.a)
                #expect(tags.count == 4)
                #expect(try await Set(allTags(of: scene.b).values) == Set(tags.values))
            }
        }

        @Test
        func `jobs that rename both ways never overwrite what was pushed, and know each other's work after a run`()
            async throws
        {
            try await withJobScene { scene in
                try scene.configure(
                    """
                    there:
                      from: \(scene.a.host)/
                      to: \(scene.b.host)/copy
                      repositories: [{name: team/app, as: x/app}]
                      overwrite: if-unchanged
                    back:
                      from: \(scene.b.host)/copy
                      to: \(scene.a.host)/
                      repositories: [{name: x/app, as: team/app}]
                      overwrite: if-unchanged
                    """
                )
                // Not meant by any job, although the one way back would call it as the other job's repository.
                let other = try await BuiltImage.tiny(90)
                try await put(other, "x/app:1", into: scene.a.host)
                try await put(BuiltImage.tiny(1), "team/app:1", into: scene.a.host)
                try await scene.run("sync")
                for (round, side) in "baba".enumerated() {
                    let image = try await BuiltImage.tiny(10 + UInt64(round))
                    let name = side == "a" ? "team/app:1" : "copy/x/app:1"
                    try await put(image, name, into: side == "a" ? scene.a.host : scene.b.host)
                    for _ in 1...2 {
                        let result = try await scene.run("sync", "--quiet")
                        #expect(result.errorText == "", "round \(round)")
                    }
                    #expect(try await digest(of: "team/app:1", in: scene.a.host) == image.digest, "round \(round)")
                    #expect(try await digest(of: "copy/x/app:1", in: scene.b.host) == image.digest, "round \(round)")
                }
                #expect(try await digest(of: "x/app:1", in: scene.a.host) == other.digest)
            }
        }

        @Test func `pushes of one tag on both sides between two runs are a conflict in both jobs, and stay`()
            async throws
        {
            try await withJobScene { scene in
                try configureTwoWays(scene)
                let images = try await [1, 2, 3].asyncMap { try await BuiltImage.tiny($0) }
                try await put(images[0], ["team/app:1", "team/app:2"], into: scene.a)
                try await scene.run("sync")
                try await put(images[1], "team/app:1", into: scene.a.host)
                try await put(images[2], "copy/team/app:1", into: scene.b.host)
                for _ in 1...2 {
                    let result = try await scene.run("sync", ends: 1)
                    for (name, old) in [("there", images[2]), ("back", images[1])] {
                        #expect(result.outputText.contains("\(name): done: 0 published, 1 equal, 1 refused"))
                        #expect(result.errorText.contains("and is \(old.digest.short) now"), "\(result.errorText)")
                    }
                    #expect(try await digest(of: "team/app:1", in: scene.a.host) == images[1].digest)
                    #expect(try await digest(of: "copy/team/app:1", in: scene.b.host) == images[2].digest)
                }
                // The hint ends it.
                try await scene.run("copy", "\(scene.a.host)/team/app:1", "\(scene.b.host)/copy/team/app:1")
                try await scene.run("sync")
                try await put(images[0], "copy/team/app:1", into: scene.b.host)
                try await scene.run("sync")
                #expect(try await digest(of: "team/app:1", in: scene.a.host) == images[0].digest)
            }
        }
    }
}
