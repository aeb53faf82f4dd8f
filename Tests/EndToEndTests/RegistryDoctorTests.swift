// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// What `mirror doctor` says of registries that really behave so.
    @Suite(.serialized)
    struct RegistryDoctorTests {
        /// Runs the program, and checks how it ended.
        private func doctor(_ arguments: String..., ends status: Int32 = 0) async throws -> String {
            let result = try await Program.start(["doctor"] + arguments).wait()
            #expect(result.ending == .exited(status), "\(result.outputText)\(result.errorText)")
            return result.outputText
        }

        /// What was found out, as scripts read it.
        private func abilities(_ arguments: String..., ends status: Int32 = 0) async throws -> (
            abilities: [String: String], all: [String: Any]
        ) {
            let result = try await Program.start(["doctor", "--format", "json"] + arguments).wait()
            #expect(result.ending == .exited(status), "\(result.outputText)\(result.errorText)")
            let all = try #require(jsonLines(result).first)
            return (all["abilities"] as? [String: String] ?? [:], all)
        }

        /// The text behind a label.
        private func row(_ label: String, of text: String) -> String? {
            let lines = text.split(separator: "\n").filter { $0.hasPrefix("  \(label) ") }
            return lines.first.map { $0.dropFirst(2 + label.count).trimmingCharacters(in: .whitespaces) }
        }

        @Test func `docker-registry is looked at without a byte being written`() async throws {
            try await withDockerRegistry { registry in
                try await put(.random(seed: 1), "team/app:1", into: registry.host)
                try await put(.random(seed: 2), "team/app:2", into: registry.host)
                let before = registry.blobsOnDisk
                let text = try await doctor(registry.host)
                #expect(text.hasPrefix("\(registry.host)\n  credential  none: requests are anonymous\n"))
                #expect(row("looked at", of: text)?.hasPrefix("team/app:") == true)
                #expect(row("catalog", of: text) == "lists its repositories")
                #expect(row("tag pages", of: text) == "lists all tags at once")
                #expect(
                    row("referrers", of: text)
                        == "does not list what refers to a manifest: tags stand for the lists"
                )
                #expect(row("ranges", of: text) == "gives parts of blobs")
                #expect(row("reading", of: text)?.contains("/s (") == true)
                #expect(row("writing", of: text) == "not tried; --write tries it, and what else means writing")
                #expect(row("pieces", of: text) == nil)
                #expect(row("round trip", of: text)?.hasSuffix("as a rule (5 requests)") == true)
                #expect(row("clock", of: text) != nil)
                #expect(registry.blobsOnDisk == before)
            }
        }

        @Test func `with --write, docker-registry shows what it takes, and what stays is told`() async throws {
            for allowsDeletion in [true, false] {
                try await withDockerRegistry(allowsDeletion: allowsDeletion) { registry in
                    let text = try await doctor("\(registry.host)/scratch/doctor", "--write", "--yes")
                    #expect(row("looked at", of: text) == "scratch/doctor, which has no tags")
                    #expect(row("mounts", of: text) == "confirms blobs that it has")
                    #expect(row("ranges", of: text) == "gives parts of blobs")
                    #expect(row("referrers", of: text)?.hasPrefix("does not list") == true)
                    #expect(row("pieces", of: text) == "takes blobs in pieces")
                    #expect(row("checks", of: text) == "compares blobs with their digests")
                    #expect(row("writing", of: text)?.contains("(4.19 MB in ") == true)
                    #expect(row("product", of: text)?.hasPrefix("distribution-2 (by its answers); ") == true)
                    #expect(
                        text.contains(
                            """
                            proposed for the config file:
                              registries:
                                "\(registry.host)":
                                  product: distribution-2
                            """
                        ),
                        "\(text)"
                    )
                    #expect(text.contains("stays there") == !allowsDeletion, "\(text)")
                    #expect(text.contains("lets no blobs be deleted") == !allowsDeletion)
                    #expect(try await allTags(of: registry).isEmpty)
                }
            }
        }

        @Test func `the registry of the program itself lists referrers and pages`() async throws {
            try await withEmbeddedRegistry(Program.path) { registry in
                for seed in 1...2 {
                    try await put(.random(seed: UInt64(seed)), "team/app:\(seed)", into: registry.host)
                }
                let place = "\(registry.host)/team/app"
                let (abilities, all) = try await abilities(place, "--write", "--yes")
                #expect(all["product"] as? String == "mirror")
                #expect((all["proposals"] as? [String: String])?.isEmpty == true)
                #expect((all["remnants"] as? [Any])?.isEmpty == true, "\(all)")
                let expected = [
                    "catalog", "tagPages", "referrers", "ranges", "mounts", "chunks", "digestChecks",
                    "manifestDeletion",
                    "blobDeletion",
                ]
                for ability in expected { #expect(abilities[ability] == "yes", "\(ability)") }
                #expect(try await digest(of: "team/app:1", in: registry.host) != nil)
            }
        }

        @Test func `Docker Hub is asked for one manifest at most, and its limit is told`() async throws {
            let image = try await BuiltImage.random(seed: 7)
            let content = try await MemoryEndpoint.holding(["library/nginx:1": image])
            try await withHubDouble(of: content) { hub in
                let text = try await withHome { home in
                    // Its name is another one here.
                    let config = try home.configure("\"\(hub.host)\": {product: docker-hub}")
                    return try await doctor("\(hub.host)/library/nginx", "--config", config)
                }
                #expect(hub.pulls == 1)
                #expect(row("catalog", of: text) == "does not list its repositories: name them")
                #expect(row("product", of: text)?.hasPrefix("docker-hub (by the config file); ") == true)
                #expect(row("pulls", of: text) == "99 of 100 pulls left (per 6 h, for this address)", "\(text)")
                #expect(row("granted", of: text) == "unknown: the token does not say")
                #expect(
                    row("signs in", of: text)?.hasPrefix("by tokens of \(hub.realm.dropLast(6))") == true,
                    "\(text)"
                )
            }
        }

        @Test(
            arguments: [
                (ProductQuirks.strict, "yes", "yes", "yes", "oci"),
                (.distribution3, "yes", "yes", "yes", nil),
                (.ecr, "no", "yes", "yes", nil),
                (.ghcr, "no", "yes", "yes", nil),
                (.gar, "yes", "no", "yes", nil),
                (.lazy, "yes", "yes", "no", "lenient"),
            ] as [(ProductQuirks, String, String, String, String?)]
        )
        func `products show what they are like`(
            _ quirks: ProductQuirks,
            catalog: String,
            chunks: String,
            checks: String,
            proposal: String?
        ) async throws {
            let image = try await BuiltImage.random(seed: 5)
            try await withProductRegistry(quirks) { registry in
                for blob in image.blobs { _ = registry.hold(blob.bytes, in: "scratch/doctor") }
                registry.hold(image.manifest, in: "scratch/doctor", as: "1")
                let (abilities, all) = try await abilities("\(registry.host)/scratch/doctor", "--write", "--yes")
                #expect(abilities["catalog"] == catalog)
                #expect(abilities["chunks"] == chunks)
                #expect(abilities["digestChecks"] == checks)
                let proposals = all["proposals"] as? [String: String] ?? [:]
                #expect(proposals["product"] == proposal)
                #expect((all["smallestChunk"] as? Int == 5 << 20) == (quirks.name == "ecr"))
                #expect(registry.brokenTags.isEmpty)
            }
        }

        @Test func `what lets nobody in is told with its reason, and what is asked wrongly is refused`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "1"])) { registry in
                let result = try await Program.run("doctor", registry.host)
                #expect(result.ending == .exited(69))
                #expect(result.errorText.contains("the registry answered 401"))
                let (_, all) = try await abilities(registry.host, ends: 69)
                #expect((all["error"] as? String)?.contains("401") == true)
                for arguments in [
                    ["\(registry.host)", "--write"], ["\(registry.host)/a/*"], ["\(registry.host)/a", "--write"],
                ] {
                    let wrong = try await Program.start(["doctor"] + arguments).wait()
                    #expect(wrong.ending == .exited(64), "\(arguments): \(wrong.errorText)")
                    #expect(wrong.outputText == "")
                }
            }
        }
    }
}
