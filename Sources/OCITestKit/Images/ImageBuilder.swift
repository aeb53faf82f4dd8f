// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// A blob that is in memory.
public struct BuiltBlob: Hashable, Sendable {
    /// What it is.
    public let descriptor: Descriptor
    /// Its bytes.
    public let bytes: [UInt8]

    /// Names the bytes by their digest.
    public init(
        _ bytes: [UInt8],
        mediaType: MediaType = .ociLayerGzip,
        algorithm: Digest.Algorithm = .sha256
    ) {
        let digest = Digester.digest(of: bytes, algorithm: algorithm)
        descriptor = Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
        self.bytes = bytes
    }
}

/// Writes configurations, manifests and indexes, always the same bytes for the same parts.
public enum ImageBuilder {
    /// The configuration of an image (image-spec, config.md).
    /// - Parameters:
    ///   - diffIDs: The digests of the uncompressed layers, lowest first.
    ///   - label: A text that makes the configuration unlike that of another image with the same layers.
    ///   - created: When the image was made, as it is written.
    public static func configuration(
        platform: Platform,
        diffIDs: [Digest],
        label: String,
        created: String = "2026-01-01T00:00:00Z"
    ) -> BuiltBlob {
        let variant = platform.variant.map { #""variant":"\#($0)","# } ?? ""
        let history = diffIDs.indices.map {
            #"{"created":"2026-01-01T00:00:00Z","created_by":"layer \#($0)"}"#
        }
        let text = """
            {"created":"\(created)","architecture":"\(platform.architecture)",\(variant)"os":"\(platform.os)",\
            "config":{"Env":["PATH=/usr/bin:/bin"],"Labels":{"image":"\(label)"}},\
            "rootfs":{"type":"layers","diff_ids":[\(diffIDs.map { "\"\($0)\"" }.joined(separator: ","))]},\
            "history":[\(history.joined(separator: ","))]}
            """
        return BuiltBlob(Array(text.utf8), mediaType: .ociConfig)
    }

    /// The manifest of an image.
    public static func manifest(
        config: Descriptor,
        layers: [Descriptor],
        mediaType: MediaType = .ociManifest
    ) throws -> ManifestDocument {
        try document(
            """
            {"schemaVersion":2,"mediaType":"\(mediaType)","config":\(json(config)),\
            "layers":[\(layers.map { json($0) }.joined(separator: ","))]}
            """
        )
    }

    /// An index of images with their platforms.
    public static func index(
        _ children: [(manifest: ManifestDocument, platform: Platform)],
        mediaType: MediaType = .ociIndex
    ) throws -> ManifestDocument {
        let descriptors = children.map { child in
            var descriptor = child.manifest.descriptor
            descriptor.platform = child.platform
            return descriptor
        }
        return try index(of: descriptors, mediaType: mediaType)
    }

    /// An index of whatever these describe.
    public static func index(of children: [Descriptor], mediaType: MediaType = .ociIndex) throws -> ManifestDocument {
        let entries = children.map { json($0) }.joined(separator: ",")
        return try document(#"{"schemaVersion":2,"mediaType":"\#(mediaType)","manifests":[\#(entries)]}"#)
    }

    /// A manifest of exactly this text.
    public static func document(_ text: String, algorithm: Digest.Algorithm = .sha256) throws -> ManifestDocument {
        let bytes = Array(text.utf8)
        let digest = Digester.digest(of: bytes, algorithm: algorithm)
        return try ManifestDocument(bytes: bytes, digest: digest, contentType: nil)
    }

    /// A descriptor as it stands in a manifest.
    /// - Parameter members: What stands in it besides, each member with a comma in front.
    static func json(_ descriptor: Descriptor, _ members: String = "") -> String {
        let platform = descriptor.platform.map { platform in
            let variant = platform.variant.map { #","variant":"\#($0)""# } ?? ""
            return #","platform":{"architecture":"\#(platform.architecture)","os":"\#(platform.os)"\#(variant)}"#
        }
        return """
            {"mediaType":"\(descriptor.mediaType)","digest":"\(descriptor.digest)","size":\(descriptor.size)\(platform ?? "")\(members)}
            """
    }
}
