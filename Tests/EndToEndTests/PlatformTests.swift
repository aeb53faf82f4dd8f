// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// Of images for several platforms, only some are copied.
    @Suite(.serialized)
    struct PlatformTests {
        private static let app = "team/app"
        private static let rule = ["--platform", "linux/arm64", "--index"]

        /// Lends a registry with an image of two platforms, and an empty one behind a proxy that counts.
        private func withRegistries(
            _ body: (SignedImage, DockerRegistry, CountingProxy, Home) async throws -> Void
        ) async throws {
            let image = try await SignedImage.build(seed: 21) { _ in [1] }
            try await withDockerRegistry { source in
                try await withEndpoint(of: source) { endpoint in
                    try await image.write(to: endpoint[try RepositoryName(Self.app)], as: try TagName("1"))
                }
                try await withDockerRegistry { destination in
                    try await withCountingProxy(port: destination.port) { front in
                        try await withHome { home in try await body(image, source, front, home) }
                    }
                }
            }
        }

        @Test func `docker-registry takes no sparse index, which is found out before a byte of the image is copied`()
            async throws
        {
            try await withRegistries { image, source, front, home in
                let arguments = ["copy", "\(source.host)/\(Self.app):1", "\(front.host)/\(Self.app)"] + Self.rule
                let result = try await home.start(arguments + ["sparse"]).wait()
                #expect(result.ending == .exited(1))
                #expect(
                    result.errorText.contains("takes no index without all that it points to"),
                    "\(result.errorText)"
                )
                #expect(result.errorText.contains("hint: index: rewritten"), "\(result.errorText)")
                #expect(front.tally.uploads.isEmpty)
            }
        }

        @Test(arguments: ["layout:%/store//team/app", "oci:%/plain:1"])
        func `a folder takes no sparse index either, and says the same`(_ destination: String) async throws {
            try await withRegistries { _, source, _, home in
                let there = destination.replacing("%", with: home.directory)
                let arguments = ["copy", "\(source.host)/\(Self.app):1", there] + Self.rule + ["sparse"]
                let result = try await home.start(arguments).wait()
                #expect(result.ending == .exited(1))
                #expect(result.errorText.contains("hint: index: rewritten"), "\(result.errorText)")
            }
        }

        @Test func `a smaller index that the destination has lost is made again when it is healed`() async throws {
            try await withRegistries { _, source, _, home in
                let ends = ["\(source.host)/\(Self.app):1", "oci:\(home.directory)/plain:1"]
                let copied = try await home.start(["copy"] + ends + Self.rule + ["rewritten"]).wait()
                #expect(copied.succeeded, "\(copied.errorText)")
                let index = try Data(contentsOf: URL(filePath: "\(home.directory)/plain/index.json"))
                struct Index: Decodable {
                    struct Entry: Decodable {
                        var digest: Digest
                        var annotations: [String: String]?
                    }
                    var manifests: [Entry]
                }
                let root = try #require(
                    JSONDecoder().decode(Index.self, from: index).manifests.first { $0.annotations?.isEmpty == false }
                )
                let file = "\(home.directory)/plain/blobs/sha256/\(root.digest.hex)"
                try FileManager.default.removeItem(atPath: file)
                let found = try await home.start(["verify"] + ends + Self.rule + ["rewritten"]).wait()
                #expect(found.ending == .exited(1) && found.outputText.contains("incomplete"), "\(found.outputText)")
                let healed = try await home.start(["verify", "--heal"] + ends + Self.rule + ["rewritten"]).wait()
                #expect(healed.succeeded && healed.outputText.contains("1 healed"), "\(healed.outputText)")
                #expect(FileManager.default.fileExists(atPath: file))
            }
        }

        @Test(arguments: ["plan", "verify"])
        func `an option that would do nothing beside a job is refused`(_ command: String) async throws {
            try await withHome { home in
                try home.write("version: 1\njobs: { a: { from: localhost:1/, to: localhost:2/ } }\n", to: "mirror.yaml")
                let arguments = [command, "a", "--config", home.directory + "/mirror.yaml"] + Self.rule + ["sparse"]
                let result = try await home.start(arguments).wait()
                #expect(result.ending == .exited(64))
                #expect(result.errorText.contains("a job says it in its keys"), "\(result.errorText)")
            }
        }

        @Test func `a smaller index is copied, and a run without changes costs one question a side`() async throws {
            try await withRegistries { image, source, front, home in
                let ends = ["\(source.host)/\(Self.app):1", "\(front.host)/\(Self.app)"]
                let plan = home.directory + "/plan.jsonl"
                let planned = try await home.start(["plan", "-o", plan] + ends + Self.rule + ["rewritten"]).wait()
                #expect(planned.succeeded, "\(planned.errorText)")
                let applied = try await home.start(["apply", plan]).wait()
                #expect(applied.outputText.contains("1 published"), "\(applied.outputText)\(applied.errorText)")

                let pulled = try await ChildProcess.run(
                    "skopeo",
                    [
                        "--override-arch", "arm64", "inspect", "--tls-verify=false",
                        "docker://\(front.host)/\(Self.app):1",
                    ]
                )
                #expect(
                    pulled.outputText.contains("\"Architecture\": \"arm64\""),
                    "\(pulled.outputText)\(pulled.errorText)"
                )
                try await withEndpoint(of: front.host, as: Person(name: "nobody", password: "none")) { endpoint in
                    let repository = endpoint[try RepositoryName(Self.app)]
                    let root = try #require(try await repository.document(at: .tag(try TagName("1"))))
                    #expect(root.manifest.children.map(\.digest) == [image.images[1].manifest.descriptor.digest])
                    let other = image.images[0].manifest.descriptor.digest
                    #expect(try await repository.resolve(.digest(other)) == nil)
                }

                front.reset()
                let again = try await home.start(["copy"] + ends + Self.rule + ["rewritten"]).wait()
                #expect(again.outputText.hasPrefix("done: 0 published, 1 equal"), "\(again.outputText)")
                #expect(front.tally.count("HEAD", .manifest) == 1)
                #expect(front.tally.count("GET", .manifest) == 0)
                #expect(front.tally.total == 1, "\(front.tally)")
                let verified =
                    try await home.start(["verify", "--depth", "content"] + ends + Self.rule + ["rewritten"]).wait()
                #expect(verified.ending == .exited(0), "\(verified.outputText)\(verified.errorText)")
            }
        }
    }
}
