// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCI
public import OCIContent

/// A small image that is wholly in memory, for tests of a single copy.
public struct BuiltImage: Sendable {
    /// The manifest.
    public let manifest: ManifestDocument
    /// The configuration, then the layers.
    public let blobs: [BuiltBlob]
    /// What it runs on.
    public let platform: Platform

    /// Builds an image of random layers.
    /// - Parameters:
    ///   - seed: What the content depends on; layer 0 depends on it alone, whatever the platform.
    ///   - layerSizes: About how long each layer is, in bytes.
    ///   - created: When it was made, as its configuration says it.
    public static func random(
        seed: UInt64,
        layerSizes: [Int64] = [4096, 8192],
        platform: Platform = Platform(os: "linux", architecture: "amd64"),
        created: String = "2026-01-01T00:00:00Z"
    ) async throws -> BuiltImage {
        var layers: [BuiltBlob] = []
        var diffIDs: [Digest] = []
        for (place, size) in layerSizes.enumerated() {
            let layer = TarGzip(seed: seed &* 1000 &+ UInt64(place), size: size)
            let figures = await layer.figures()
            var bytes: [UInt8] = []
            for try await buffer in layer.bytes(figures: figures) { bytes += buffer.readableBytesView }
            layers.append(BuiltBlob(bytes))
            diffIDs.append(figures.diffID)
        }
        let config = ImageBuilder.configuration(
            platform: platform,
            diffIDs: diffIDs,
            label: "seed-\(seed)",
            created: created
        )
        let manifest = try ImageBuilder.manifest(config: config.descriptor, layers: layers.map(\.descriptor))
        return BuiltImage(manifest: manifest, blobs: [config] + layers, platform: platform)
    }

    /// Takes a manifest and its blobs for an image.
    public init(_ part: SignedImage.Part, _ platform: Platform) {
        manifest = part.manifest
        blobs = part.blobs
        self.platform = platform
    }

    private init(manifest: ManifestDocument, blobs: [BuiltBlob], platform: Platform) {
        self.manifest = manifest
        self.blobs = blobs
        self.platform = platform
    }

    /// Writes the image to a repository: the blobs, then the manifest, under a tag if one is given.
    public func write(to sink: any ContentSink, as tag: TagName? = nil) async throws {
        try await sink.write(blobs)
        if let tag { try await sink.publish(manifest, as: tag) } else { try await sink.write(manifest) }
    }
}

extension ContentSink {
    /// Writes blobs that are in memory.
    public func write(_ blobs: [BuiltBlob]) async throws {
        let held = MemoryEndpoint()[try RepositoryName("blobs")]
        for blob in blobs {
            let digest = blob.descriptor.digest
            held.add(blob.bytes, mediaType: blob.descriptor.mediaType, algorithm: digest.algorithm)
            _ = try await write(BlobContent(blob.descriptor, from: held), heldBy: nil)
        }
    }
}
