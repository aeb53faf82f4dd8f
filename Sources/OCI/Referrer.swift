// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A manifest that names another one as its subject, as a list of referrers shows it (distribution-spec, "Listing
/// Referrers").
///
/// Encodes as the descriptor of such a list, and is read from one.
public struct Referrer: Hashable, Sendable {
    /// The media type, digest and length of the manifest.
    public let descriptor: Descriptor
    /// What kind of artifact it is: its `artifactType`, or else the media type of its config.
    public let artifactType: String?
    /// The annotations of the manifest.
    public let annotations: [String: String]

    /// Describes a referrer.
    public init(descriptor: Descriptor, artifactType: String?, annotations: [String: String]) {
        self.descriptor = descriptor
        self.artifactType = artifactType
        self.annotations = annotations
    }

    /// Describes a manifest as a list of referrers does.
    public init(_ document: ManifestDocument) {
        let details = ManifestDetails(of: document)
        self.init(
            descriptor: document.descriptor,
            artifactType: details.referrerType,
            annotations: details.annotations
        )
    }

    /// Reads the entries of a list of referrers, which is an index (distribution-spec, "Listing Referrers").
    ///
    /// - Returns: `nil` for what is no such list.
    public static func list(in bytes: [UInt8]) -> [Referrer]? {
        struct List: Decodable { var manifests: [Referrer] }
        guard (try? StrictJSON.topLevelKeys(of: bytes)) != nil else { return nil }
        return try? JSONDecoder().decode(List.self, from: Data(bytes)).manifests
    }
}

extension Referrer: Codable {
    private enum CodingKeys: String, CodingKey { case artifactType, annotations }

    /// Reads a descriptor of a list; a type or annotations of another form are left out.
    public init(from decoder: any Decoder) throws {
        let entry = try ManifestDetails.Entry(from: decoder)
        self.init(
            descriptor: try Descriptor(from: decoder),
            artifactType: entry.artifactType,
            annotations: entry.annotations
        )
    }

    /// Writes a descriptor with the type and the annotations, where there are any.
    public func encode(to encoder: any Encoder) throws {
        try descriptor.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(artifactType, forKey: .artifactType)
        if !annotations.isEmpty { try container.encode(annotations, forKey: .annotations) }
    }
}
