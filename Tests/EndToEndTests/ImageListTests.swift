// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// Images that files name, of several registries.
    @Suite(.serialized)
    struct ImageListTests {
        /// Images of two registries, and three texts that name them: a manifest, a file of Compose, a list.
        private func name(_ scene: JobScene) async throws -> (manifest: String, compose: String, list: String) {
            let images = try await [1, 2, 3, 4].asyncMap { try await BuiltImage.tiny($0) }
            try await put(images[0], ["team/web:1", "team/web:2"], into: scene.a)
            try await put(images[1], ["team/job:v1"], into: scene.a)
            try await put(images[2], ["db/postgres:16"], into: scene.b)
            try await put(images[3], ["db/tools:latest"], into: scene.b)
            let manifest = """
                # Source: chart/templates/web.yaml
                kind: Deployment
                spec:
                  template:
                    spec:
                      containers:
                        - image: \(scene.a.host)/team/web:1
                        - image: \(scene.a.host)/team/job:stable@\(images[1].digest)
                ---
                kind: Pod
                spec: { containers: [{ image: "\(scene.b.host)/db/tools@\(images[3].digest)" }] }
                """
            let compose = """
                services:
                  db: { image: "\(scene.b.host)/db/postgres:${PG:-16}" }
                  web: { image: "\(scene.a.host)/team/web:1" }
                """
            return (
                try scene.home.write(manifest, to: "app.yaml"), try scene.home.write(compose, to: "compose.yaml"),
                "\(scene.b.host)/db/tools   # also by its tag\n"
            )
        }

        private func counts(_ result: ChildProcess.Result, _ event: String) throws -> [String: Int] {
            let line = try #require(jsonLines(result).last { $0["event"] as? String == event }, "\(result.outputText)")
            return (line["counts"] as? [String: Any] ?? [:]).compactMapValues { $0 as? Int }
        }

        private func expectedTags(_ scene: JobScene) async throws -> [String: Digest] {
            let tools = try #require(try await digest(of: "db/tools:latest", in: scene.b.host))
            return [
                "hub/team/web:1": try #require(try await digest(of: "team/web:1", in: scene.a.host)),
                "hub/team/job:stable": try #require(try await digest(of: "team/job:v1", in: scene.a.host)),
                "hub/db/postgres:16": try #require(try await digest(of: "db/postgres:16", in: scene.b.host)),
                "hub/db/tools:latest": tools, "hub/db/tools:pinned-sha256-\(tools.hex)": tools,
            ]
        }

        @Test
        func `images of a manifest, a file of Compose and standard input are copied, and a second time nothing is`()
            async throws
        {
            try await withJobScene(3) { scene in
                let files = try await name(scene)
                try await withCountingProxy(port: scene.c.port) { back in
                    let words = [
                        "--format", "json", "--from-images", files.manifest, "--from-images", files.compose,
                        "--from-images", "-", "\(back.host)/hub",
                    ]
                    let plan = try await scene.home.start(["copy", "--dry-run"] + words, input: files.list).wait()
                    #expect(plan.ending == .exited(0), "\(plan.errorText)")
                    #expect(try counts(plan, "plan")["new"] == 5)
                    #expect(try await allTags(of: scene.c).isEmpty)
                    #expect(back.tally.requestBytes == 0)

                    let first = try await scene.home.start(["copy"] + words, input: files.list).wait()
                    #expect(first.ending == .exited(0), "\(first.outputText)\(first.errorText)")
                    #expect(try counts(first, "report")["published"] == 5)
                    #expect(try await allTags(of: scene.c) == expectedTags(scene))
                    try await expectWholeImages(scene.c)

                    back.reset()
                    let again = try await scene.home.start(["copy"] + words, input: files.list).wait()
                    #expect(again.ending == .exited(0), "\(again.errorText)")
                    #expect(try counts(again, "report")["published"] == 0)
                    #expect(try counts(again, "report")["equal"] == 5)
                    #expect(back.tally.requestBytes == 0)
                    #expect(back.tally.count("PUT", .manifest) == 0)
                    #expect(back.tally.count("POST", .uploadStart) == 0)
                }
                let verified = try await scene.run(
                    "verify",
                    "--from-images",
                    files.manifest,
                    "--from-images",
                    files.compose,
                    "\(scene.c.host)/hub"
                )
                #expect(verified.outputText.contains("4 sound"), "\(verified.outputText)")
            }
        }

        @Test func `a plan of files has a part for each registry, and can be applied`() async throws {
            try await withJobScene(3) { scene in
                let files = try await name(scene)
                let plan = "\(scene.home.directory)/plan.jsonl"
                let to = "\(scene.c.host)/hub"
                let shown = try await scene.run("plan", "--from-images", files.manifest, "-o", plan, to)
                #expect(shown.outputText.contains("plan: 3 new, 0 moved, 0 equal"), "\(shown.outputText)")
                let lines = try String(contentsOfFile: plan, encoding: .utf8).split(separator: "\n")
                #expect(lines.filter { $0.contains("\"from\"") }.count == 2)
                try await scene.run("apply", plan)
                let tags = try await expectedTags(scene)
                    .filter { $0.key.contains("web") || $0.key.contains("job") || $0.key.contains("pinned") }
                #expect(try await allTags(of: scene.c) == tags)
                try await scene.run("plan", "--exit-code", "--from-images", files.manifest, to)
            }
        }

        @Test func `what images of two registries share is sent once, to a registry and to a folder`() async throws {
            try await withJobScene(3) { scene in
                let image = try await BuiltImage.tiny(1)
                try await put(image, ["team/web:1"], into: scene.a)
                try await put(image, ["db/tools:1"], into: scene.b)
                let list = try scene.home.write(
                    "\(scene.a.host)/team/web:1\n\(scene.b.host)/db/tools:1\n",
                    to: "list.txt"
                )
                for destination in ["\(scene.c.host)/hub", "layout:\(scene.home.directory)/store"] {
                    let words = ["--format", "json", "--from-images", list, destination]
                    let plan = try await scene.home.start(["copy", "--dry-run"] + words).wait()
                    let planned = try #require(
                        jsonLines(plan).last { $0["event"] as? String == "plan" }?["plan"] as? [String: Any]
                    )
                    let report = try counts(await scene.home.start(["copy"] + words).wait(), "report")
                    #expect(report["published"] == 2)
                    for (forecast, done) in [("blobsToCopy", "blobsCopied"), ("blobsToMount", "blobsMounted")] {
                        #expect(planned[forecast] as? Int == image.blobs.count, "\(destination): \(planned)")
                        #expect(report[done] == image.blobs.count, "\(destination): \(report)")
                    }
                }
            }
        }

        @Test func `a registry that cannot be reached keeps no other from being copied, and is named`() async throws {
            try await withJobScene(2) { scene in
                try await put(BuiltImage.tiny(1), ["team/web:1"], into: scene.a)
                let list = try scene.home.write(
                    "127.0.0.1:1/far/app:1\n\(scene.a.host)/team/web:1\n\(scene.a.host)/team/web:9\n",
                    to: "list.txt"
                )
                let result = try await scene.run("copy", "--from-images", list, "\(scene.b.host)/", ends: 1)
                #expect(try await allTags(of: scene.b).keys.sorted() == ["team/web:1"])
                #expect(result.errorText.contains("failed: 127.0.0.1:1/far/app: cannot"), "\(result.errorText)")
                #expect(
                    result.errorText.contains("\(scene.a.host)/team/web:9: there is no :9 at the source"),
                    "\(result.errorText)"
                )
                #expect(result.outputText.contains("done: 1 published, 0 equal, 2 failed"), "\(result.outputText)")
                let far = try scene.home.write("127.0.0.1:1/far/app:1\n", to: "far.txt")
                try await scene.run("copy", "--from-images", far, "\(scene.b.host)/", ends: 69)
            }
        }

        @Test func `nothing is copied where one name would stand for two images, or a file is wrong`() async throws {
            try await withJobScene(3) { scene in
                for registry in [scene.a, scene.b] {
                    try await put(BuiltImage.tiny(1), ["app:1", "lib:1"], into: registry)
                }
                let list = try scene.home.write(
                    "\(scene.a.host)/lib:1\n\(scene.a.host)/app:1\n\(scene.b.host)/app:1\n",
                    to: "list.txt"
                )
                let result = try await scene.run("copy", "--from-images", list, "\(scene.c.host)/hub", ends: 78)
                #expect(
                    result.errorText.contains("\(scene.a.host)/app (\(list):2) and \(scene.b.host)/app (\(list):3)")
                )
                let wrong = try scene.home.write("containers: [{ image: '\(scene.a.host)/app:$T' }]", to: "wrong.yaml")
                let refused = try await scene.run(
                    "copy",
                    "--from-images",
                    wrong,
                    "--from-images",
                    list,
                    "\(scene.c.host)/hub",
                    ends: 78
                )
                #expect(refused.errorText.hasPrefix("\(wrong):1:23: containers[0].image: "), "\(refused.errorText)")
                #expect(try await allTags(of: scene.c).isEmpty)
            }
        }

        @Test func `a job takes the images of its registry, and says which ones no job takes`() async throws {
            try await withJobScene(3) { scene in
                let files = try await name(scene)
                try scene.configure(
                    """
                    team:
                      from: \(scene.a.host)/team
                      to: \(scene.c.host)/team
                      images-from: ["\(files.manifest)", "\(files.compose)"]
                    """
                )
                let result = try await scene.run("sync")
                #expect(try await allTags(of: scene.c).keys.sorted() == ["team/job:stable", "team/web:1"])
                #expect(
                    result.errorText.contains(
                        "warning: not below \(scene.a.host)/team, and taken by no job: \(scene.b.host)/db/tools@sha256:"
                    ),
                    "\(result.errorText)"
                )
                #expect(result.errorText.contains("\(scene.b.host)/db/postgres:16 (\(files.compose):2)"))
                try scene.configure(
                    """
                    team:
                      from: \(scene.a.host)/team
                      to: \(scene.c.host)/team
                      images-from: ["\(files.manifest)"]
                    rest:
                      from: \(scene.b.host)/
                      to: \(scene.c.host)/rest
                      images-from: ["\(files.manifest)"]
                      tag-for-digests: "in-use-{short}"
                    """
                )
                let both = try await scene.run("sync")
                #expect(!both.errorText.contains("warning"), "\(both.errorText)")
                let tools = try #require(try await digest(of: "db/tools:latest", in: scene.b.host))
                #expect(
                    try await allTags(of: scene.c).keys.sorted() == [
                        "rest/db/tools:in-use-\(tools.hex.prefix(12))", "team/job:stable", "team/web:1",
                    ]
                )
                let again = try await scene.run("sync", "--quiet")
                #expect(again.outputText + again.errorText == "")
            }
        }

        @Test func `an image by its digest is tagged, and stays without a tag if that is wanted`() async throws {
            try await withJobScene(2) { scene in
                let image = try await BuiltImage.tiny(1)
                try await put(image, ["app:1"], into: scene.a)
                let from = "\(scene.a.host)/app@\(image.digest)"
                try await scene.run("copy", "--tag-for-digests", "none", from, "\(scene.b.host)/bare")
                #expect(try await allTags(of: scene.b).isEmpty)
                #expect(try await digest(of: "bare@\(image.digest)", in: scene.b.host) == image.digest)
                let result = try await scene.run("copy", from, "\(scene.b.host)/app")
                let made = "app:pinned-sha256-\(image.digest.hex)"
                #expect(result.errorText.contains("published \(made) "), "\(result.errorText)")
                try await scene.run("copy", from.replacing("app@", with: "app:old@"), "\(scene.b.host)/app")
                #expect(try await allTags(of: scene.b).keys.sorted() == ["app:old", made].sorted())
                let again = try await scene.run("copy", from, "\(scene.b.host)/app")
                #expect(again.outputText.contains("done: 0 published, 1 equal"), "\(again.outputText)")
            }
        }
    }
}
