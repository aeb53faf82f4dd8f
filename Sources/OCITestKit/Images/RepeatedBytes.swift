// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCI
public import OCIContent

/// A blob of any length that costs nothing to make: one mebibyte over and over again.
///
/// It is no archive. It is for copies of many gigabytes, where making real layers would take longer than copying them.
public struct RepeatedBytes: Sendable {
    private static let period: Int64 = 1 << 20

    /// What the blob is.
    public let descriptor: Descriptor
    private let block: ByteBuffer

    /// Makes the mebibyte, and hashes the blob.
    /// - Parameter seed: What the content depends on.
    public init(seed: UInt64, size: Int64) {
        var bytes = [UInt8](repeating: 0, count: Int(Self.period))
        bytes.withUnsafeMutableBytes { SeededRandom.fill($0, seed: seed, from: 0) }
        block = ByteBuffer(bytes: bytes)
        var digester = Digester(.sha256)
        for _ in 0..<size / Self.period { digester.update(block) }
        if let rest = block.getSlice(at: 0, length: Int(size % Self.period)) { digester.update(rest) }
        descriptor = Descriptor(mediaType: .ociLayerGzip, digest: digester.digest(), size: size)
    }

    /// The bytes from an offset on.
    public func bytes(from offset: Int64 = 0) -> ByteStream {
        ByteStream(range: min(offset, descriptor.size)..<descriptor.size) { [block, size = descriptor.size] in
            var position = offset
            return {
                guard position < size else { return nil }
                let start = position % Self.period
                let count = min(256 << 10, Self.period - start, size - position)
                position += count
                return block.getSlice(at: Int(start), length: Int(count))
            }
        }
    }
}

/// An image whose layers are ``RepeatedBytes``.
public struct RepeatedImage: Sendable {
    /// The manifest.
    public let manifest: ManifestDocument
    private let config: BuiltBlob
    private let layers: [RepeatedBytes]

    /// Describes an image.
    /// - Parameter seed: What the content depends on.
    public init(seed: UInt64, layerSizes: [Int64]) throws {
        layers = layerSizes.enumerated().map { RepeatedBytes(seed: seed &* 1000 &+ UInt64($0), size: $1) }
        let platform = Platform(os: "linux", architecture: "amd64")
        config = ImageBuilder.configuration(platform: platform, diffIDs: [], label: "repeated-\(seed)")
        manifest = try ImageBuilder.manifest(config: config.descriptor, layers: layers.map(\.descriptor))
    }

    /// Puts the image into a registry, under a tag.
    public func hold(in registry: ProductRegistry, _ repository: String, as tag: String) {
        _ = registry.hold(config.bytes, in: repository)
        for layer in layers {
            registry.hold(layer.descriptor.digest, size: layer.descriptor.size, in: repository) {
                layer.bytes(from: $0)
            }
        }
        registry.hold(manifest, in: repository, as: tag)
    }
}
