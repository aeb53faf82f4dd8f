// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCILayout
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// Bundles that leave out what the far side has.
    @Suite(.serialized)
    struct DifferenceBundleTests {
        private static let weeks = 10

        private func withFolder(_ body: (String) async throws -> Void) async throws {
            let folder = Program.temporaryPath("difference")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try await body(folder)
        }

        @discardableResult
        private func mirror(_ arguments: String..., ends status: Int32 = 0) async throws -> ChildProcess.Result {
            let result = try await Program.start(arguments).wait()
            #expect(result.ending == .exited(status), "\(arguments): \(result.outputText)\(result.errorText)")
            return result
        }

        /// Changes what the source has, as a week does: tags move, and images go from one repository to another.
        private func pass(_ week: Int, at source: DockerRegistry) async throws {
            let common: Int64 = 100_000
            let app = try await BuiltImage.random(seed: 1, layerSizes: [common, 5000 + 1000 * Int64(week)])
            let last = try await BuiltImage.random(
                seed: 1,
                layerSizes: [common, 5000 + 1000 * Int64(max(1, week - 1))]
            )
            let base = try await BuiltImage.random(seed: UInt64(100 + week), layerSizes: [6000])
            try await withEndpoint(of: source) { endpoint in
                try await app.write(to: endpoint[try RepositoryName("team/app")], as: try TagName("latest"))
                try await last.write(to: endpoint[try RepositoryName("stable/app")], as: try TagName("week-\(week)"))
                try await base.write(to: endpoint[try RepositoryName("base")], as: try TagName("v\(week % 3)"))
            }
        }

        /// A bundle for each week, each but the first without what the one before it has.
        private func withBundles(
            _ body: (_ folder: String, _ bundles: [String], _ tags: [[String: Digest]]) async throws -> Void
        ) async throws {
            try await withFolder { folder in
                var bundles: [String] = []
                var tags: [[String: Digest]] = []
                try await withDockerRegistry { source in
                    for week in 1...Self.weeks {
                        try await pass(week, at: source)
                        let bundle = "\(folder)/week-\(week).tar"
                        let bases = bundles.last.map { ["--base", $0] } ?? []
                        let result = try await Program.start(["export"] + bases + ["-o", bundle, "\(source.host)/"])
                            .wait()
                        #expect(result.succeeded, "\(result.errorText)")
                        bundles.append(bundle)
                        tags.append(try await allTags(of: source))
                    }
                }
                try await body(folder, bundles, tags)
            }
        }

        @Test func `ten weeks one after the other arrive as they were, and a second time nothing is sent`()
            async throws
        {
            try await withBundles { _, bundles, tags in
                let whole = try FileManager.default.size(bundles[0])
                for bundle in bundles.dropFirst() { #expect(try FileManager.default.size(bundle) < whole / 2) }
                try await withDockerRegistry { far in
                    for (bundle, tags) in zip(bundles, tags) {
                        try await mirror("import", bundle, "\(far.host)/")
                        #expect(try await allTags(of: far) == tags)
                        try await expectWholeImages(far)
                        let again = try await mirror("import", bundle, "\(far.host)/")
                        #expect(again.outputText.hasPrefix("done: 0 published, \(tags.count) equal"))
                        #expect(again.outputText.contains("0 copied (0 B), 0 mounted"), "\(again.outputText)")
                    }
                }
            }
        }

        @Test func `a bundle before its time is refused with all that is missing, and nothing is changed`()
            async throws
        {
            try await withBundles { folder, bundles, tags in
                let store = "layout:\(folder)/store"
                try await mirror("import", bundles[0], bundles[1], store)
                let before = try await mirror("list", store).outputText
                // The week between was lost.
                let refused = try await mirror("import", "--format", "json", bundles[3], store, ends: 1)
                var held: Set<Digest> = []
                for bundle in bundles[...1] {
                    held.formUnion(
                        try await BundleEndpoint.contents(of: try VolumeSet(at: bundle)).pieces
                            .map(\.blob.digest)
                    )
                }
                let assumed = try await BundleEndpoint.contents(of: try VolumeSet(at: bundles[3])).assumed
                    .map(\.digest)
                let expected = assumed.filter { !held.contains($0) }
                #expect(!expected.isEmpty && expected.count < assumed.count)
                #expect(missing(refused.outputText) == expected.map(\.description))
                #expect(refused.outputText.contains("nothing was imported"), "\(refused.outputText)")
                #expect(try await mirror("list", store).outputText == before)

                let partial = try await mirror("import", "--partial", bundles[3], store, ends: 1)
                #expect(partial.outputText.contains("2 failed"), "\(partial.outputText)")
                #expect(partial.errorText.contains("which its destination was to have"), "\(partial.errorText)")
                try await mirror("verify", "--depth", "content", store, store)
                // The lost one arrives late, and the one that had been before its time once more.
                try await mirror("import", bundles[2], bundles[3], store)
                let listed = try await mirror("list", store).outputText
                #expect(Set(listed.split(separator: "\n").map(String.init)) == Set(tags[3].keys))
            }
        }

        @Test func `what another repository of the far side has is mounted from there`() async throws {
            try await withFolder { folder in
                try await withDockerRegistry { source in
                    try await pass(1, at: source)
                    try await withDockerRegistry { far in
                        try await mirror("export", "-o", "\(folder)/1.tar", "\(source.host)/team/app:latest")
                        try await mirror("import", "\(folder)/1.tar", "\(far.host)/m")
                        let inventory = "\(folder)/far.json"
                        let taken = try await mirror("inventory", "\(far.host)/m", "-o", inventory)
                        #expect(taken.outputText.contains("4 blobs and manifests in 1 repository"))
                        // The same image by another name.
                        let image = "\(source.host)/stable/app:week-1"
                        let priced = try await mirror("export", "--dry-run", "--base", inventory, image)
                        #expect(priced.outputText.contains("0 to copy (0 B)"), "\(priced.outputText)")
                        let made = try await mirror("export", "--base", inventory, "-o", "\(folder)/2.tar", image)
                        #expect(made.outputText.contains("left out  4 blobs and manifests"), "\(made.outputText)")
                        #expect(
                            try await BundleEndpoint.contents(of: try VolumeSet(at: "\(folder)/2.tar")).pieces
                                .isEmpty
                        )
                        let forecast = try await mirror("import", "--dry-run", "\(folder)/2.tar", "\(far.host)/m")
                        #expect(
                            forecast.outputText.contains("0 to copy (0 B), about 3 to mount"),
                            "\(forecast.outputText)"
                        )
                        let brought = try await mirror("import", "\(folder)/2.tar", "\(far.host)/m")
                        #expect(brought.outputText.contains("0 copied (0 B), 3 mounted"), "\(brought.outputText)")
                        try await expectWholeImages(far)
                        try await mirror("verify", image, "\(far.host)/m/stable/app")
                    }
                }
            }
        }

        @Test func `files that do not say what the far side has are refused by name`() async throws {
            try await withFolder { folder in
                for (text, reason) in [
                    ("inventory of nothing", "is neither an inventory nor a bundle"),
                    (#"{"inventory":9,"place":"","repositories":[]}"#, "has the version 9"),
                    (#"{"inventory":1}"#, "cannot be understood"),
                ] {
                    let path = "\(folder)/base"
                    try Data(text.utf8).write(to: URL(filePath: path))
                    let result = try await mirror(
                        "export",
                        "--base",
                        path,
                        "-o",
                        "\(folder)/x.tar",
                        "layout:\(folder)/store",
                        ends: 78
                    )
                    #expect(result.errorText.contains("\(path) \(reason)") || result.errorText.contains(reason))
                }
                let missing = try await mirror(
                    "export",
                    "--base",
                    "\(folder)/none",
                    "-o",
                    "\(folder)/x.tar",
                    "layout:\(folder)/store",
                    ends: 78
                )
                #expect(missing.errorText.contains("there is no file \(folder)/none"))
            }
        }

        /// The digests that a run in JSON says are missing.
        private func missing(_ output: String) -> [String] {
            struct Line: Decodable { let event: String; let digest: String? }
            return output.split(separator: "\n")
                .compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
                .filter { $0.event == "missing" }
                .compactMap(\.digest)
        }
    }
}

extension FileManager {
    /// The length of a file in bytes.
    fileprivate func size(_ path: String) throws -> Int {
        try #require(attributesOfItem(atPath: path)[.size] as? Int)
    }
}
