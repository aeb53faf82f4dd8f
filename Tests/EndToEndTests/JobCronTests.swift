// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// Jobs as cron starts them: by a shell, with nearly nothing in the environment, and with every word that is printed
    /// sent by mail.
    @Suite(.serialized)
    struct JobCronTests {
        private func configure(
            _ scene: JobScene,
            from source: String? = nil,
            _ content: String = #"repositories: ["**"]"#
        ) throws {
            try scene.home.write(
                """
                version: 1
                jobs:
                  team:
                    from: \(source ?? scene.a.host)/team
                    to: \(scene.b.host)/copy
                    \(content)

                """,
                to: ".config/mirror/mirror.yaml"
            )
        }

        private func withCron(
            _ body: (JobScene, (String) async throws -> ChildProcess.Result) async throws -> Void
        ) async throws {
            try await withJobScene { scene in
                let folder = scene.home.directory
                try configure(scene)
                try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder)/bin/mirror",
                    withDestinationPath: Program.path
                )
                try await body(scene) { line in
                    try await ChildProcess.run(
                        "/bin/sh",
                        ["-c", line],
                        environment: ["HOME": folder, "PATH": "\(folder)/bin:/usr/bin:/bin"],
                        workingDirectory: folder
                    )
                }
            }
        }

        /// What a file says of the job, by metric, with its further label where it has one: `tags outcome="equal"`.
        private func metrics(_ scene: JobScene) throws -> [String: Double] {
            var values: [String: Double] = [:]
            let text = try String(contentsOfFile: "\(scene.home.directory)/mirror.prom", encoding: .utf8)
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                let match = try #require(
                    line.wholeMatch(of: /mirror_job_(\w+)\{job="team",?(.*)\} ([0-9.]+)/),
                    "\(line)"
                )
                values[match.2.isEmpty ? String(match.1) : "\(match.1) \(match.2)"] = Double(match.3)
            }
            return values
        }

        @Test func `a quiet run is silent without a change, says a change in one line, and a failure in full`()
            async throws
        {
            try await withCron { scene, cron in
                let line = "mirror sync --quiet"
                try await put(BuiltImage.tiny(1), ["team/app:1", "team/app:2"], into: scene.a)
                let first = try await cron(line)
                #expect(first.ending == .exited(0))
                #expect(first.errorText == "")
                #expect(first.outputText == "team: done: 2 published, 0 equal in 1 repository\n")
                for _ in 1...2 {
                    let none = try await cron(line)
                    #expect(none.ending == .exited(0))
                    #expect(none.outputText + none.errorText == "")
                }
                try await put(BuiltImage.tiny(2), ["team/app:1"], into: scene.a)
                #expect(try await cron(line).outputText == "team: done: 1 published, 1 equal in 1 repository\n")
                #expect(FileManager.default.fileExists(atPath: "\(scene.home.directory)/.local/state/mirror/jobs"))

                let closed: CountingProxy.Rule = { _ in .reply(404) }
                try await withCountingProxy(port: scene.a.port, onRequest: closed) { front in
                    try configure(scene, from: front.host)
                    let failure = try await cron(line)
                    #expect(failure.ending == .exited(69))
                    #expect(failure.outputText == "")
                    #expect(
                        failure.errorText == """
                            error: \(front.host) does not list its repositories
                              hint: name a repository, as in \(front.host)/path, with --all-tags for all of its tags

                            """
                    )
                }
            }
        }

        @Test func `an image that cannot be copied is told on standard error, and the rest in the line`() async throws {
            try await withCron { scene, cron in
                let bad = try await BuiltImage.tiny(1)
                try await put(bad, ["team/bad:1"], into: scene.a)
                try await put(BuiltImage.tiny(2), ["team/good:1"], into: scene.a)
                let layer = bad.blobs[1].descriptor.digest
                try scene.a.lose(layer, of: try RepositoryName("team/bad"))
                // Without its cached descriptors the registry notices.
                try await scene.a.restart()
                let result = try await cron("mirror sync --quiet --metrics-file mirror.prom")
                #expect(result.ending == .exited(1))
                #expect(result.outputText == "team: done: 1 published, 0 equal, 1 failed in 2 repositories\n")
                #expect(
                    result.errorText == """
                        failed: team/bad:1: the source does not have \(layer), although a manifest points to it

                        """
                )
                let metrics = try metrics(scene)
                #expect(metrics["success"] == 0)
                #expect(metrics[#"tags outcome="published""#] == 1)
                #expect(metrics[#"tags outcome="failed""#] == 1)
                #expect(metrics["last_success_timestamp_seconds"] == nil)
            }
        }

        @Test func `metrics tell of the last run, and of the last success through failures`() async throws {
            try await withCron { scene, cron in
                let line = "mirror sync --quiet --metrics-file mirror.prom"
                let image = try await BuiltImage.tiny(1)
                try await put(image, ["team/app:1", "team/app:2"], into: scene.a)
                let begin = Date().timeIntervalSince1970.rounded(.down)
                #expect(try await cron(line).ending == .exited(0))
                let first = try metrics(scene)
                #expect(first["success"] == 1)
                #expect(first[#"tags outcome="published""#] == 2)
                #expect(first[#"tags outcome="equal""#] == 0)
                #expect(first[#"tags outcome="failed""#] == 0)
                #expect(first["copied_bytes"] == Double(image.blobs.reduce(0) { $0 + $1.descriptor.size }))
                #expect(first["lag_seconds"] == 0)
                #expect(try #require(first[#"requests side="source""#]) > 0)
                let success = try #require(first["last_success_timestamp_seconds"])
                #expect(success >= begin && success <= Date().timeIntervalSince1970)
                #expect(first["last_run_timestamp_seconds"] == success)

                #expect(try await cron(line).ending == .exited(0))
                let second = try metrics(scene)
                #expect(second["success"] == 1)
                #expect(second[#"tags outcome="published""#] == 0)
                #expect(second[#"tags outcome="equal""#] == 2)
                #expect(second["copied_bytes"] == 0)

                // A job that cannot even begin has failed, too.
                try configure(scene, "references: gone.txt")
                #expect(try await cron(line).ending == .exited(78))
                let third = try metrics(scene)
                #expect(third["success"] == 0)
                #expect(third[#"tags outcome="equal""#] == 0)
                #expect(third["last_success_timestamp_seconds"] == second["last_success_timestamp_seconds"])
                #expect(try #require(third["last_run_timestamp_seconds"]) >= success)
                let left = try FileManager.default.contentsOfDirectory(atPath: scene.home.directory)
                #expect(left.allSatisfy { !$0.hasPrefix(".mirror.prom") })
            }
        }

        @Test func `a file of something else is not replaced by metrics, and nothing is copied`() async throws {
            try await withCron { scene, cron in
                try await put(BuiltImage.tiny(1), ["team/app:1"], into: scene.a)
                try scene.home.write("precious\n", to: "other.txt")
                for (file, sentence) in [
                    ("other.txt", "cannot replace other.txt: it has something else than metrics of mirror in it"),
                    ("no/such/mirror.prom", "cannot use no/such: No such file or directory"),
                ] {
                    let result = try await cron("mirror sync --quiet --metrics-file \(file)")
                    #expect(result.ending == .exited(78), "\(file)")
                    #expect(result.errorText == "error: \(sentence)\n")
                    #expect(result.outputText == "", "\(file)")
                }
                #expect(
                    try String(contentsOfFile: "\(scene.home.directory)/other.txt", encoding: .utf8) == "precious\n"
                )
                #expect(try await allTags(of: scene.b).isEmpty)
            }
        }

        @Test func `metrics that cannot be written are a failure of a run that did all the rest`() async throws {
            try await withCron { scene, cron in
                try await put(BuiltImage.tiny(1), ["team/app:1"], into: scene.a)
                // Nothing takes the place of a folder.
                let folder = "\(scene.home.directory)/mirror.prom"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                let result = try await cron("mirror sync --quiet --metrics-file mirror.prom")
                #expect(result.ending == .exited(1), "\(result.errorText)")
                #expect(result.outputText.contains("1 published"))
                #expect(result.errorText == "error: cannot use \(folder): Is a directory\n")
                #expect(try await allTags(of: scene.b).count == 1)
                // What is worse than that stays the status.
                await scene.b.stop()
                let unavailable = try await cron("mirror sync --quiet --metrics-file mirror.prom")
                #expect(unavailable.ending == .exited(69), "\(unavailable.errorText)")
            }
        }

        @Test func `jitter begins a run after a random part of a time, in which it can be ended`() async throws {
            try await withCron { scene, cron in
                try await put(BuiltImage.tiny(1), ["team/app:1"], into: scene.a)
                #expect(try await cron("mirror sync --quiet --jitter 20ms").outputText.contains("1 published"))
                let ended = try await cron("mirror sync --quiet --jitter 30000h --max-duration 100ms")
                #expect(ended.ending == .exited(1))
                #expect(ended.outputText == "")
                #expect(ended.errorText.contains("stopped after 100.0 ms, as was asked"), "\(ended.errorText)")
                #expect(ended.errorText.contains("not begun: team"), "\(ended.errorText)")
            }
        }
    }
}
