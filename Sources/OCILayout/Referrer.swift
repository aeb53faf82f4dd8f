// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A manifest that names another one as its subject, as a list of referrers shows it (distribution-spec, "Listing
/// Referrers").
///
/// Encodes as the descriptor of such a list.
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
}

extension Referrer: Encodable {
    private enum CodingKeys: String, CodingKey { case artifactType, annotations }

    /// Writes a descriptor with the type and the annotations, where there are any.
    public func encode(to encoder: any Encoder) throws {
        try descriptor.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(artifactType, forKey: .artifactType)
        if !annotations.isEmpty { try container.encode(annotations, forKey: .annotations) }
    }
}
