// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// Real damage on the disk of a destination: it is named, and mended or not.
    @Suite(.serialized)
    struct VerifyTests {
        /// Runs `body` with the source of a copy, and the folder below a destination to which it was copied.
        private func withCopy(
            to kind: VerifyDestination.Kind,
            _ body: (VerifySource, VerifyDestination, Home) async throws -> Void
        ) async throws {
            try await withHome { home in
                try await withDockerRegistry { registry in
                    let source = try await VerifySource(in: registry)
                    try await VerifyDestination.with(kind, home) { destination in
                        let copy = try await home.run("copy", "--quiet", source.address, destination.address)
                        try #require(copy.succeeded, "\(copy.errorText)")
                        try await body(source, destination, home)
                    }
                }
            }
        }

        private func findings(_ result: ChildProcess.Result, _ event: String = "finding") throws -> Set<String> {
            Set(
                try jsonLines(result).filter { $0["event"] as? String == event }
                    .map { line in
                        let part = (line["part"] as? [String: Any])?["type"] as? String
                        return ["\(line["tag"] ?? "")", "\(line["kind"] ?? "")", part].compactMap(\.self)
                            .joined(separator: " ")
                    }
            )
        }

        private let damage: Set<String> = [
            "gone incomplete blob", "cut damaged blob", "flipped damaged blob", "index incomplete manifest",
            "moved moved",
        ]

        @Test(arguments: VerifyDestination.Kind.allCases)
        func `all damage is named, and mended where the place lets that be`(
            _ kind: VerifyDestination.Kind
        ) async throws {
            try await withCopy(to: kind) { source, destination, home in
                let arguments = [source.address, destination.address, "--depth", "content", "--format", "json"]
                func verify(_ more: String..., ends status: Int32) async throws -> ChildProcess.Result {
                    let result = try await home.start(["verify"] + arguments + more).wait()
                    #expect(result.ending == .exited(status), "\(more): \(result.outputText)\(result.errorText)")
                    return result
                }
                let sound = try await verify(ends: 0)
                #expect(try findings(sound) == [])
                try await source.damage(destination)
                let before = try await source.tags(of: destination)

                #expect(try await findings(verify(ends: 1)) == damage.union(["extra extra"]))
                #expect(try await source.tags(of: destination) == before, "nothing is written without --heal")

                let healing = try await verify("--heal", ends: destination.keepsDamage ? 1 : 0)
                let kept: Set<String> = destination.keepsDamage ? ["cut damaged blob", "flipped damaged blob"] : []
                #expect(try findings(healing, "unhealed") == kept)
                #expect(try findings(healing, "healed") == damage.subtracting(kept))
                if destination.keepsDamage {
                    #expect(healing.outputText.contains("confirmed what was sent, and is as it was"))
                    try await source.followHint(healing, at: destination)
                    #expect(try await findings(verify("--heal", ends: 0), "healed").count == 2)
                }
                #expect(try await findings(verify(ends: 0)) == ["extra extra"])
            }
        }

        @Test func `a damaged manifest of an own registry is mended`() async throws {
            try await withCopy(to: .embedded) { source, destination, home in
                try destination.overwrite(source.images["gone"]?.digest, with: "[")
                let arguments = ["verify", source.address, destination.address]
                let first = try await home.start(arguments).wait()
                #expect(first.ending == .exited(1))
                #expect(first.outputText.contains("missing team/app:gone"), "\(first.outputText)")
                let healing = try await home.start(arguments + ["--heal"]).wait()
                #expect(healing.ending == .exited(0), "\(healing.outputText)\(healing.errorText)")
                #expect(try await home.start(arguments).wait().ending == .exited(0))
            }
        }

        @Test func `text for people names what differs, and what a sample can be drawn again with`() async throws {
            try await withCopy(to: .docker) { source, destination, home in
                try await source.damage(destination)
                let closure = try await home.run("verify", source.address, destination.address)
                #expect(closure.ending == .exited(1))
                let layer = try #require(source.images["gone"]?.blobs.last?.descriptor.digest)
                #expect(
                    closure.outputText.contains(
                        "incomplete team/app:gone: the blob \(layer) of its manifest is not there"
                    ),
                    "\(closure.outputText)"
                )
                #expect(closure.outputText.contains("extra team/app:extra: nothing that is selected brings it"))
                #expect(!closure.outputText.contains("flipped"), "only reading shows that")
                let sampled = try await home.run(
                    "verify",
                    "--depth",
                    "content",
                    "--sample",
                    "50%",
                    "--seed",
                    "7",
                    source.address,
                    destination.address
                )
                #expect(sampled.outputText.contains("a sample of 50%"), "\(sampled.outputText)")
                #expect(sampled.outputText.contains("--seed 7"))
                let tags = try await home.run(
                    "verify",
                    "--depth",
                    "tags",
                    source.address,
                    destination.address,
                    "--quiet"
                )
                #expect(tags.ending == .exited(1))
                #expect(tags.outputText.split(separator: "\n").count == 2, "\(tags.outputText)")
            }
        }

        @Test func `only extra tags are no reason for a status, and an empty destination lacks everything`()
            async throws
        {
            try await withCopy(to: .docker) { source, destination, home in
                let empty = try await home.run("verify", source.address, destination.address + "/empty")
                #expect(empty.ending == .exited(1))
                #expect(empty.outputText.contains("6 differ (6 missing)"), "\(empty.outputText)")
                try await put(BuiltImage.tiny(99), "team/app:extra", into: destination.host ?? "")
                let extra = try await home.run("verify", source.address, destination.address)
                #expect(extra.ending == .exited(0))
                #expect(extra.outputText.contains("6 sound, 1 extra"), "\(extra.outputText)")
            }
        }

        @Test func `a folder that is not there is not made by looking`() async throws {
            try await withHome { home in
                try await withDockerRegistry { registry in
                    try await put(BuiltImage.tiny(1), "team/app:1", into: registry.host)
                    let folder = "\(home.directory)/none"
                    let result = try await home.run("verify", "\(registry.host)/team/**", "layout:\(folder)")
                    #expect(result.ending == .exited(69))
                    #expect(!FileManager.default.fileExists(atPath: folder))
                }
            }
        }
    }

    @Suite(.serialized)
    struct JobVerifyTests {
        @Test func `jobs are verified by what they select, and mended under their own lock`() async throws {
            try await withJobScene { scene in
                let job = """
                      from: \(scene.a.host)/
                      to: \(scene.b.host)/copy
                      repositories: [{ name: team/app, tags: ["1*"] }]
                    """
                try scene.configure("team:\n\(job)\nguarded:\n\(job)\n  overwrite: never")
                let images = try await [1, 2].asyncMap { try await BuiltImage.tiny($0) }
                try await put(images[0], ["team/app:1", "team/app:1.1", "team/app:2"], into: scene.a)
                try await scene.run("sync", "team")
                try await scene.run("verify")
                try await put(images[1], ["copy/team/app:1", "copy/team/app:old"], into: scene.b)

                let all = try await scene.run("verify", ends: 1)
                #expect(
                    all.outputText.contains("team: done: 1 sound, 1 differs (1 moved), 1 extra"),
                    "\(all.outputText)"
                )
                #expect(all.outputText.contains("guarded: done: 1 sound, 1 differs"))

                let guarded = try await scene.run("verify", "guarded", "--heal", ends: 1)
                #expect(
                    guarded.outputText.contains("not healed copy/team/app:1: the destination has"),
                    "\(guarded.outputText)"
                )
                try await scene.run("verify", "team", "--heal")
                #expect(
                    try await allTags(of: scene.b) == [
                        "copy/team/app:1": images[0].digest, "copy/team/app:1.1": images[0].digest,
                        "copy/team/app:old": images[1].digest,
                    ]
                )
            }
        }
    }
}
