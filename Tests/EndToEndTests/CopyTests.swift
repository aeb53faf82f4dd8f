// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct CopyTests {
        @Test func `copies one image, a repository, a subtree and a registry to the names that the mapping gives`()
            async throws
        {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    try await fill(source, with: Workload.small())
                    let from = source.host
                    let to = destination.host
                    for (arguments, expected) in [
                        ([["\(from)/small/app-00:v00", "\(to)/one/image"]], ["one/image:v00"]),
                        (
                            [["\(from)/small/app-00:v00", "\(to)/one/image:other"]],
                            ["one/image:other", "one/image:v00"]
                        ),
                        ([["--all-tags", "\(from)/small/app-01", "\(to)/all"]], ["all:v00", "all:v01", "all:v02"]),
                    ] {
                        for words in arguments {
                            let result = try await Program.start(["copy"] + words).wait()
                            #expect(result.ending == .exited(0), "\(words): \(result.errorText)")
                        }
                        let tags = try await Set(allTags(of: destination).keys)
                        #expect(tags.isSuperset(of: expected), "\(tags)")
                    }
                    try await destination.empty()
                    var result = try await Program.run("copy", "\(from)/small/**", "\(to)/below")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    var tags = try await Set(allTags(of: destination).keys)
                    #expect(tags.count == 6)
                    #expect(tags.allSatisfy { $0.hasPrefix("below/app-0") }, "\(tags)")
                    try await destination.empty()
                    result = try await Program.run("copy", "\(from)/", "\(to)/")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    #expect(try await allTags(of: destination) == allTags(of: source))
                    tags = try await Set(allTags(of: destination).keys)
                    try await expectSameManifests(tags.sorted(), source, destination)
                    try await expectWholeImages(destination)
                }
            }
        }

        @Test func `copies inside one registry without sending a byte`() async throws {
            try await withDockerRegistry { registry in
                try await fill(registry, with: Workload.small(repositories: 3))
                try await withCountingProxy(port: registry.port) { proxy in
                    let result = try await Program.run("copy", "\(proxy.host)/small/**", "\(proxy.host)/copies")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    let tags = try await allTags(of: registry)
                    #expect(tags.keys.filter { $0.hasPrefix("copies/") }.count == 9)
                    for (name, digest) in tags where name.hasPrefix("small/") {
                        #expect(tags["copies/" + name.dropFirst(6)] == digest)
                    }
                    #expect(result.outputText.contains("blobs     0 copied (0 B)"), "\(result.outputText)")
                }
            }
        }

        @Test func `a moved tag is moved, and only what is new is sent`() async throws {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    let image = try await BuiltImage.random(seed: 1)
                    let name = try RepositoryName("team/app")
                    let tag = try TagName("1.0")
                    try await withEndpoint(of: source) { try await image.write(to: $0[name], as: tag) }
                    _ = try await Program.run("copy", "\(source.host)/", "\(destination.host)/")
                    // The same first layer, another second one.
                    let next = try await BuiltImage.random(seed: 1, layerSizes: [4096, 12288])
                    try await withEndpoint(of: source) { try await next.write(to: $0[name], as: tag) }
                    let plan = try await Program.run("copy", "--dry-run", "\(source.host)/", "\(destination.host)/")
                    #expect(plan.outputText.contains("plan: 0 new, 1 moved, 0 equal in 1 repository"))
                    #expect(plan.outputText.contains("~ :1.0  \(image.manifest.descriptor.digest.short) → "))
                    try await withCountingProxy(port: destination.port) { back in
                        let result = try await Program.run("copy", "\(source.host)/", "\(back.host)/")
                        #expect(result.ending == .exited(0), "\(result.errorText)")
                        #expect(back.tally.uploads.count == 2)
                    }
                    #expect(
                        try await allTags(of: destination) == ["team/app:1.0": next.manifest.descriptor.digest]
                    )
                }
            }
        }

        @Test func `a dry run changes nothing, and says what the run then does`() async throws {
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    try await fill(source, with: Workload.small())
                    try await withCountingProxy(port: destination.port) { back in
                        let plan = try await Program.run(
                            "copy",
                            "--dry-run",
                            "--format",
                            "json",
                            "\(source.host)/",
                            "\(back.host)/"
                        )
                        #expect(plan.ending == .exited(0), "\(plan.errorText)")
                        #expect(back.tally.count("POST", .uploadStart) == 0)
                        #expect(back.tally.requestBytes == 0)
                        let forecast = try #require(lines(of: plan).last { $0["event"] as? String == "plan" })
                        let sums = try #require(forecast["plan"] as? [String: Any])
                        back.reset()
                        let run = try await Program.run(
                            "copy",
                            "--format",
                            "json",
                            "\(source.host)/",
                            "\(back.host)/"
                        )
                        let report = try #require(lines(of: run).last)
                        #expect(report["event"] as? String == "report")
                        let counts = try #require(report["counts"] as? [String: Any])
                        for (planned, done) in [
                            ("blobsToCopy", "blobsCopied"), ("blobsToMount", "blobsMounted"),
                            ("bytesToCopy", "bytesCopied"), ("sourceRequests", "sourceRequests"),
                            ("destinationRequests", "destinationRequests"),
                        ] {
                            #expect(sums[planned] as? Int == counts[done] as? Int, "\(planned): \(sums), \(counts)")
                        }
                        #expect(counts["destinationRequests"] as? Int == back.tally.total)
                    }
                }
            }
        }

        private func lines(of result: ChildProcess.Result) throws -> [[String: Any]] {
            try result.outputText.split(separator: "\n")
                .map { line in
                    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
                }
        }
    }
}
