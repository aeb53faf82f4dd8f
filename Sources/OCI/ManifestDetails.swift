// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// What a manifest says for people and tools, beside what copying needs to understand of it.
///
/// Somebody else wrote all of it: escape it before it is shown. What has not the form that the specification gives is
/// left out.
public struct ManifestDetails: Hashable, Sendable {
    /// What is said of one entry of an index.
    public struct Entry: Hashable, Sendable {
        /// The kind of artifact that the manifest holds.
        public let artifactType: String?
        /// Notes, by their keys.
        public let annotations: [String: String]

        /// Puts an entry together.
        public init(artifactType: String? = nil, annotations: [String: String] = [:]) {
            self.artifactType = artifactType
            self.annotations = annotations
        }
    }

    /// The kind of artifact that the manifest holds (image-spec, manifest.md, "artifactType").
    public let artifactType: String?
    /// The manifest that this one is about (image-spec, manifest.md, "subject").
    public let subject: Descriptor?
    /// The digest of the subject, also where the rest of its descriptor cannot be read.
    public let subjectDigest: Digest?
    /// What a list of referrers shows as the kind (distribution-spec, "Listing Referrers"): `artifactType`, or else the media type
    /// of the config.
    public let referrerType: String?
    /// Notes, by their keys.
    public let annotations: [String: String]
    /// What is said of the entries of an index, in their order; none for other manifests.
    public let entries: [Entry]

    /// Reads a document once more.
    public init(of document: ManifestDocument) { self.init(document.bytes) }

    /// Reads the bytes of a manifest.
    public init(_ bytes: [UInt8]) {
        let body = try? JSONDecoder().decode(Body.self, from: Data(bytes))
        artifactType = body?.artifactType
        subject = body?.subject
        subjectDigest = body?.subjectPointer?.digest.flatMap { try? Digest($0) }
        let stated = body?.artifactType.flatMap { $0.isEmpty ? nil : $0 }
        referrerType = stated ?? body?.config?.mediaType
        annotations = body?.annotations ?? [:]
        entries = body?.entries ?? []
    }

    private struct Body: Decodable {
        enum CodingKeys: String, CodingKey { case artifactType, subject, config, annotations, manifests }

        let artifactType: String?
        let subject: Descriptor?
        let subjectPointer: Pointer?
        let config: Pointer?
        let annotations: [String: String]
        let entries: [Entry]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            artifactType = try? container.decode(String.self, forKey: .artifactType)
            subject = try? container.decode(Descriptor.self, forKey: .subject)
            subjectPointer = try? container.decode(Pointer.self, forKey: .subject)
            config = try? container.decode(Pointer.self, forKey: .config)
            annotations = (try? container.decode([String: String].self, forKey: .annotations)) ?? [:]
            entries = (try? container.decode([Entry].self, forKey: .manifests)) ?? []
        }
    }
}

/// A descriptor, as much of it as can be read.
private struct Pointer: Decodable {
    var mediaType: String?
    var digest: String?
}

extension ManifestDetails.Entry: Decodable {
    private enum CodingKeys: String, CodingKey { case artifactType, annotations }

    /// Reads an entry; what has another form is left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        artifactType = try? container.decode(String.self, forKey: .artifactType)
        annotations = (try? container.decode([String: String].self, forKey: .annotations)) ?? [:]
    }
}
