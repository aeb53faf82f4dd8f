// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Testing

@Suite struct ImageTreeTests {
    private let amd64 = Platform(os: "linux", architecture: "amd64")
    private let arm64 = Platform(os: "linux", architecture: "arm64", variant: "v8")

    private func graph(_ root: ManifestDocument, _ others: [ManifestDocument]) -> ImageGraph {
        let pairs = others.map { ($0.descriptor.digest, $0) }
        return ImageGraph(root: root, descendants: Dictionary(pairs) { first, _ in first })
    }

    @Test func `an image is its configuration and its layers`() async throws {
        let image = try await BuiltImage.random(seed: 1)
        let tree = ImageTree(graph(image.manifest, []))
        let blobs = image.blobs.map(\.descriptor)
        #expect(tree.root.content == .blobs(config: blobs[0], layers: Array(blobs[1...])))
        #expect(tree.totals.manifests == 1)
        #expect(tree.totals.manifestBytes == image.manifest.descriptor.size)
        #expect(tree.totals.blobs == 3)
        #expect(tree.totals.blobBytes == blobs.reduce(0) { $0 + $1.size })
        #expect(tree.totals.platforms == [])
    }

    @Test func `an index has its manifests in its order, with their platforms, and shared blobs count once`()
        async throws
    {
        let first = try await BuiltImage.random(seed: 1, platform: amd64)
        let second = try await BuiltImage.random(seed: 1, layerSizes: [4096], platform: arm64)
        let index = try ImageBuilder.index([(first.manifest, amd64), (second.manifest, arm64)])
        let tree = ImageTree(graph(index, [first.manifest, second.manifest]))
        guard case .manifests(let nodes) = tree.root.content else {
            Issue.record("\(tree.root.content)")
            return
        }
        #expect(nodes.map(\.descriptor.platform) == [amd64, arm64])
        #expect(
            nodes.map(\.descriptor.digest) == [first.manifest.descriptor.digest, second.manifest.descriptor.digest]
        )
        #expect(tree.totals.manifests == 3)
        // Two configurations, and two layers of which the second image has the lower one too.
        #expect(tree.totals.blobs == 4)
        #expect(tree.totals.platforms == [amd64, arm64])
    }

    @Test func `what stands in an image again and again is shown once`() async throws {
        // Twenty levels of an index that has the one below twice: a million paths to the image.
        var documents = [try await BuiltImage.random(seed: 1).manifest]
        for _ in 0..<20 {
            let below = documents[documents.count - 1]
            documents.append(try ImageBuilder.index([(below, amd64), (below, amd64)]))
        }
        let tree = ImageTree(graph(documents[20], documents))
        #expect(tree.totals.manifests == 21)
        guard case .manifests(let nodes) = tree.root.content else {
            Issue.record("\(tree.root.content)")
            return
        }
        #expect(nodes.count == 2)
        #expect(nodes[1].content == .shownAbove)
        #expect(nodes[0].content != .shownAbove)
    }

    @Test func `opening an image fetches each manifest once`() async throws {
        let place = MemoryEndpoint(name: "from.lan")
        let name = try RepositoryName("app")
        let image = try await BuiltImage.random(seed: 1)
        try await image.write(to: place[name])
        let index = try ImageBuilder.index([(image.manifest, amd64), (image.manifest, arm64)])
        try await place[name].publish(index, as: .latest)
        let graph = try await ImageOpener().open(.tag(.latest), from: place.source(name))
        #expect(graph == self.graph(index, [image.manifest]))
        await #expect(throws: RootMissing.self) {
            try await ImageOpener().open(.tag(try TagName("other")), from: place.source(name))
        }
        await #expect(throws: GraphError.tooManyManifests(limit: 1)) {
            try await ImageOpener(limits: GraphLimits(manifests: 1)).open(.tag(.latest), from: place.source(name))
        }
    }
}
