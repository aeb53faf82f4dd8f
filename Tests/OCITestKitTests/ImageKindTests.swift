// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

@Suite struct ImageKindTests {
    @Test(arguments: ImageKind.allCases)
    func `an image of a kind is whole, the same each time, and stands behind what it points to`(
        _ kind: ImageKind
    ) async throws {
        let image = try await kind.build()
        #expect(try await kind.build().root == image.root)
        let blobs = Set(image.blobs.map(\.descriptor.digest))
        var written: Set<Digest> = []
        var reached: Set<Digest> = [image.root.descriptor.digest]
        for document in image.manifests {
            #expect(document.manifest.blobs.allSatisfy { blobs.contains($0.digest) })
            #expect(document.manifest.children.allSatisfy { written.contains($0.digest) })
            written.insert(document.descriptor.digest)
            reached.formUnion((document.manifest.blobs + document.manifest.children).map(\.digest))
        }
        #expect(reached == blobs.union(written), "something is pointed to by nothing")
    }

    @Test func `the kinds are what they are called`() async throws {
        func documents(_ kind: ImageKind) async throws -> [ManifestDocument] { try await kind.build().manifests }
        #expect(try await documents(.nestedIndex).count { $0.descriptor.mediaType.isIndex } == 3)
        #expect(try await documents(.emptyIndex).map(\.manifest.children.count) == [0])
        #expect(try await documents(.noLayers).map(\.manifest.blobs.count) == [1])
        #expect(try await documents(.dockerList).allSatisfy { $0.descriptor.mediaType.text.contains("docker") })
        let large = try await documents(.largeManifest)[0].bytes.count
        #expect((3_900_000..<4 << 20).contains(large), "\(large)")
        #expect(try await documents(.sha512Child).map(\.descriptor.digest.algorithm) == [.sha512, .sha256])
        let layers = try await documents(.sha512Layer)[0].manifest.blobs
        #expect(layers.map(\.digest.algorithm) == [.sha256, .sha256, .sha512])
        #expect(try await documents(.emptyLayer)[0].manifest.blobs.map(\.size).contains(0))
        for document in try await documents(.untyped) {
            #expect(try !StrictJSON.topLevelKeys(of: document.bytes).contains("mediaType"))
        }
    }
}

extension ProcessTests {
    @Suite struct ImageKindWithToolsTests {
        /// Writes the last blob of an image to a file, and returns what a program says of it.
        private func text(_ kind: ImageKind, _ command: String...) async throws -> String {
            let path = FileManager.default.temporaryDirectory.appending(path: "blob-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Data(try #require(try await kind.build().blobs.last).bytes).write(to: URL(filePath: path))
            let result = try await ChildProcess.run(command[0], command.dropFirst() + [path])
            #expect(result.succeeded, "\(result.errorText)")
            return result.outputText
        }

        @Test func `tar lists what is in the chart`() async throws {
            let listing = try await text(.helmChart, "tar", "--list", "--gzip", "--file")
            #expect(listing == "demo/Chart.yaml\ndemo/values.yaml\ndemo/templates/configmap.yaml\n")
        }

        @Test func `zstd unpacks the layer that is called after it`() async throws {
            let tar = try await text(.zstandardLayer, "zstd", "--decompress", "--stdout")
            #expect(tar.hasPrefix("srv/text") && tar.contains("compressed by another method\n"))
        }
    }
}
