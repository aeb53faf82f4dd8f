// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A media type as it stands in a descriptor or a `Content-Type` header.
///
/// Holds no control characters and no spaces at its ends, so it can be put into a header as it is.
public struct MediaType: Hashable, Sendable {
    /// The text, as it was read.
    public let text: String

    /// Reads a media type.
    /// - Returns: `nil` for an empty text, one over 255 bytes, or one with bytes outside of printable ASCII.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...255).contains(bytes.count), bytes.allSatisfy({ (0x20...0x7E).contains($0) }),
            bytes.first != 0x20, bytes.last != 0x20
        else { return nil }
        self.text = text
    }

    /// Reads a `Content-Type` header, without its parameters and in lower case (RFC 9110, 8.3).
    /// - Returns: `nil` for what ``init(_:)`` does not read.
    public init?(contentType: String) {
        let essence = contentType.prefix { $0 != ";" }.drop { $0 == " " || $0 == "\t" }
        self.init(String(essence.reversed().drop { $0 == " " || $0 == "\t" }.reversed()).lowercased())
    }

    private init(known text: String) { self.text = text }

    /// `application/vnd.oci.image.manifest.v1+json`.
    public static let ociManifest = MediaType(known: "application/vnd.oci.image.manifest.v1+json")
    /// `application/vnd.oci.image.index.v1+json`.
    public static let ociIndex = MediaType(known: "application/vnd.oci.image.index.v1+json")
    /// `application/vnd.docker.distribution.manifest.v2+json`.
    public static let dockerManifest = MediaType(known: "application/vnd.docker.distribution.manifest.v2+json")
    /// `application/vnd.docker.distribution.manifest.list.v2+json`.
    public static let dockerManifestList = MediaType(known: "application/vnd.docker.distribution.manifest.list.v2+json")
    /// `application/vnd.oci.image.config.v1+json`.
    public static let ociConfig = MediaType(known: "application/vnd.oci.image.config.v1+json")
    /// `application/octet-stream`: content of whatever kind.
    public static let octetStream = MediaType(known: "application/octet-stream")
    /// `application/vnd.oci.image.layer.v1.tar`.
    public static let ociLayer = MediaType(known: "application/vnd.oci.image.layer.v1.tar")
    /// `application/vnd.oci.image.layer.v1.tar+zstd`.
    public static let ociLayerZstandard = MediaType(known: "application/vnd.oci.image.layer.v1.tar+zstd")
    /// `application/vnd.oci.image.layer.v1.tar+gzip`.
    public static let ociLayerGzip = MediaType(known: "application/vnd.oci.image.layer.v1.tar+gzip")

    /// The types of the configurations of images; artifacts have others.
    public static let imageConfigurations: [MediaType] = [
        .ociConfig, MediaType(known: "application/vnd.docker.container.image.v1+json"),
    ]

    /// The types of manifest that can be copied, in the order of an `Accept` header.
    public static let manifests: [MediaType] = [.ociIndex, .ociManifest, .dockerManifestList, .dockerManifest]

    /// Whether this names an image manifest or an index, as opposed to a blob.
    public var isManifest: Bool { Self.manifests.contains(self) }

    /// Whether this names a list of manifests.
    public var isIndex: Bool { self == .ociIndex || self == .dockerManifestList }

    /// Whether this is Docker's schema 1, whose digest is not the hash of its bytes and which cannot be mirrored.
    public var isSchema1: Bool { text.hasPrefix("application/vnd.docker.distribution.manifest.v1+") }

    /// Whether a layer of this type may be absent from a registry (image-spec, layer.md, "Non-Distributable Layers").
    public var isNonDistributable: Bool {
        text.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
            || text.hasPrefix("application/vnd.docker.image.rootfs.foreign.")
    }
}

extension MediaType: CustomStringConvertible {
    /// The media type as it was read.
    public var description: String { text }
}

extension MediaType: Codable {
    /// Reads a JSON string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let mediaType = MediaType(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a media type")
        }
        self = mediaType
    }

    /// Writes a JSON string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
