// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
public import OCI
public import OCIContent

/// An image that is wholly in memory: every manifest and every blob of it.
public struct ImageFixture: Sendable {
    /// The manifests, each behind all that it points to; the last is the one that a tag points to.
    public let manifests: [ManifestDocument]
    /// The blobs of all manifests.
    public let blobs: [BuiltBlob]
    /// What a tag points to.
    public let root: ManifestDocument

    /// - Precondition: There is a manifest.
    init(manifests: [ManifestDocument], blobs: [BuiltBlob]) {
        guard let root = manifests.last else { preconditionFailure("an image without a manifest") }
        self.manifests = manifests
        self.blobs = blobs
        self.root = root
    }

    init(_ image: BuiltImage) { self.init(manifests: [image.manifest], blobs: image.blobs) }

    /// Writes the image to a repository: the blobs, then the manifests, the last of them under a tag.
    public func write(to sink: any ContentSink, as tag: TagName) async throws {
        try await sink.write(blobs)
        for manifest in manifests.dropLast() { try await sink.write(manifest) }
        try await sink.publish(root, as: tag)
    }

    /// An image of one layer, for those of which something else is of interest.
    static func plain(seed: UInt64) async throws -> BuiltImage {
        try await BuiltImage.random(seed: seed, layerSizes: [3000])
    }
}

extension BuiltBlob {
    /// What stands for nothing where something must stand (image-spec, manifest.md, "Guidance for an Empty Descriptor").
    static let empty = BuiltBlob(Array("{}".utf8), mediaType: .of("application/vnd.oci.empty.v1+json"))

    /// The bytes as they stand in a descriptor.
    var data: String { Data(bytes).base64EncodedString() }
}

extension MediaType {
    /// A type that is known to be one.
    static func of(_ text: String) -> MediaType {
        guard let type = MediaType(text) else { preconditionFailure("no media type: \(text)") }
        return type
    }
}

extension ImageFixture {
    /// The same image, whose root is named by SHA-512.
    public func renamedRoot() throws -> ImageFixture {
        let text = String(decoding: root.bytes, as: UTF8.self)
        let root = try ImageBuilder.document(text, algorithm: .sha512)
        return ImageFixture(manifests: manifests.dropLast() + [root], blobs: blobs)
    }

    /// The same image in so many more indexes of one entry.
    public func nested(_ count: Int) throws -> ImageFixture {
        var manifests = manifests
        var root = root
        for _ in 0..<count {
            root = try ImageBuilder.index(of: [root.descriptor])
            manifests.append(root)
        }
        return ImageFixture(manifests: manifests, blobs: blobs)
    }
}
