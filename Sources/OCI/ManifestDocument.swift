// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A manifest with the exact bytes that its digest was made of; these are what is copied, never a re-encoding.
public struct ManifestDocument: Hashable, Sendable {
    /// The longest manifest that is read, in bytes.
    ///
    /// Registries must take 4 MiB (distribution-spec, "Pushing Manifests").
    public static let maximumSize = 8 << 20

    /// The bytes as the registry sent them.
    public let bytes: [UInt8]
    /// The media type, digest and length of the bytes.
    public let descriptor: Descriptor
    /// What the bytes say.
    public let manifest: Manifest
    /// The manifest that this one is about (image-spec, manifest.md, "subject"); one that cannot be read counts as none.
    public let subject: Digest?

    /// Reads a manifest strictly.
    ///
    /// - Parameters:
    ///   - bytes: The bytes as received.
    ///   - digest: Their hash, computed by the caller.
    ///   - contentType: What the transport says they are; parameters after `;` do not count. Where it says nothing of
    ///     use, the `mediaType` in the document or its shape decides.
    /// - Throws: ``ManifestError`` for what is not exactly one kind of manifest.
    public init(bytes: [UInt8], digest: Digest, contentType: String?) throws(ManifestError) {
        guard bytes.count <= Self.maximumSize else { throw .tooLarge(bytes.count) }
        let declared = contentType.flatMap(MediaType.init(contentType:))
        if let declared, declared.isSchema1 { throw .schema1 }
        let keys: Set<String>
        do {
            keys = try StrictJSON.topLevelKeys(of: bytes)
        } catch {
            throw .invalidJSON(error)
        }
        try Self.checkShape(keys)
        let body: Body
        do {
            body = try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch let error as DigestError {
            throw .digest(error)
        } catch {
            throw .malformed(JSONFault.text(of: error))
        }
        let mediaType = try Self.mediaType(declared: declared, body: body, keys: keys)
        self.bytes = bytes
        subject = body.subject?.digest
        self.descriptor = Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
        if mediaType.isIndex {
            guard let manifests = body.manifests else { throw .malformed("an index without manifests") }
            manifest = .index(ImageIndex(manifests: manifests))
        } else {
            guard let config = body.config else { throw .malformed("an image manifest without config") }
            manifest = .image(ImageManifest(config: config, layers: body.layers ?? []))
        }
    }

    /// The part of a manifest's JSON that decides what must be copied with it.
    private struct Body: Decodable {
        var mediaType: MediaType?
        var config: Descriptor?
        var layers: [Descriptor]?
        var manifests: [Descriptor]?
        var subject: Subject?
    }

    /// A descriptor of which only the digest counts.
    private struct Subject: Decodable {
        enum CodingKeys: String, CodingKey { case digest }

        let digest: Digest?

        init(from decoder: any Decoder) throws {
            let container = try? decoder.container(keyedBy: CodingKeys.self)
            digest = try? container?.decode(Digest.self, forKey: .digest)
        }
    }

    /// Refuses documents that different readers would take for different things (CVE-2021-41190): keys of two kinds of
    /// manifest side by side, and keys that a reader which ignores case would take for others.
    private static func checkShape(_ keys: Set<String>) throws(ManifestError) {
        let structural = [
            "schemaVersion", "mediaType", "config", "layers", "manifests", "fsLayers", "subject", "blobs",
        ]
        for key in keys.sorted() {
            // By way of upper case, since Go's decoder takes "ſ" for "s" as well.
            let folded = key.uppercased().lowercased()
            if let name = structural.first(where: { $0 != key && $0.lowercased() == folded }) {
                throw .ambiguous("has \"\(key)\", which some readers take for \"\(name)\"")
            }
        }
        if keys.contains("fsLayers") {
            let others = keys.intersection(["layers", "manifests", "config"]).sorted()
            if let other = others.first { throw .ambiguous("has both fsLayers and \(other)") }
            throw .schema1
        }
        if keys.contains("manifests") {
            let others = keys.intersection(["config", "layers", "blobs"]).sorted()
            if let other = others.first { throw .ambiguous("has both manifests and \(other)") }
        }
    }

    private static func mediaType(
        declared: MediaType?,
        body: Body,
        keys: Set<String>
    ) throws(ManifestError) -> MediaType {
        if let inner = body.mediaType, inner.isSchema1 { throw .schema1 }
        let declaredManifest = declared.flatMap { $0.isManifest ? $0 : nil }
        if let declaredManifest, let inner = body.mediaType, inner != declaredManifest {
            throw .typeMismatch(header: declaredManifest, document: inner)
        }
        let mediaType =
            declaredManifest ?? body.mediaType
            ?? (keys.contains("manifests") ? .ociIndex : keys.contains("config") ? .ociManifest : nil)
        guard let mediaType else { throw .malformed("neither an image manifest nor an index") }
        guard mediaType.isManifest else { throw .unsupportedType(mediaType) }
        guard keys.contains(mediaType.isIndex ? "manifests" : "config") else {
            throw .ambiguous("is said to be \(mediaType), but has no \(mediaType.isIndex ? "manifests" : "config")")
        }
        return mediaType
    }
}

/// Why a document is not a manifest that can be mirrored.
public enum ManifestError: Error, Sendable {
    /// The document is longer than ``ManifestDocument/maximumSize``; its length in bytes, or that of what was read.
    case tooLarge(Int)
    /// The bytes are not strict JSON.
    case invalidJSON(StrictJSONError)
    /// Different readers could take the document for different things.
    case ambiguous(String)
    /// Docker's schema 1, which has no digest of its bytes.
    case schema1
    /// A digest in the document cannot be used.
    case digest(DigestError)
    /// The `Content-Type` says one thing and the document another.
    case typeMismatch(header: MediaType, document: MediaType)
    /// A kind of manifest that is not known.
    case unsupportedType(MediaType)
    /// A part is missing or has the wrong form; where and what.
    case malformed(String)
}
