// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// One repository of several bundles, which need not exist: reading one that does not exist finds nothing.
///
/// What it has is what the bundles list for it; where the bytes come from does not matter.
public struct BundleSetRepository: Sendable {
    let shelf: BundleShelf?
    let bundles: BundleSet

    /// Whether any bundle names it.
    public func exists() async throws -> Bool { shelf != nil }

    /// The tags behind `after` in bytewise order, at most `limit`.
    public func tags(after: TagName?, limit: Int) async throws -> [TagName] {
        shelf.map { Array($0.tagNames.elements(behind: after, limit: limit)) } ?? []
    }

    /// The bytes of the manifest that a target names, with its media type; `nil` if it is not there.
    /// - Throws: `ContentError` for bytes that are missing or damaged.
    public func storedManifest(at target: Target) async throws -> StoredManifest? {
        guard let manifest = shelf?.manifest(at: target) else { return nil }
        let digest = manifest.digest
        guard let piece = bundles.pieces[digest], piece.size <= Int64(ManifestDocument.maximumSize) else {
            throw ContentError.missing(digest)
        }
        let bytes = try await bundles.files.run { try piece.bytes(of: digest) }
        // What it is said to be must be what it says itself: clients go by the one or by the other.
        guard (try? ManifestDocument(bytes: bytes, digest: digest, contentType: manifest.mediaType.text)) != nil else {
            throw ContentError.missing(digest)
        }
        let descriptor = Descriptor(mediaType: manifest.mediaType, digest: digest, size: piece.size)
        return StoredManifest(descriptor: descriptor, bytes: bytes)
    }

    /// Opens a blob; `nil` if the repository does not have it.
    /// - Throws: `ContentError` for a small blob whose bytes are damaged; a larger one is hashed while it is read.
    public func blob(_ digest: Digest) async throws -> StoredBlob? {
        guard let piece = piece(ofBlob: digest) else { return nil }
        return try await bundles.files.run { [files = bundles.files] in try StoredBlob(digest, piece, files: files) }
    }

    /// The length of a blob; `nil` if the repository does not have it.
    public func size(ofBlob digest: Digest) async throws -> Int64? { piece(ofBlob: digest)?.size }

    /// The manifests whose subject is `digest`, ordered by digest, behind `after`, at most `limit`.
    public func referrers(of digest: Digest, after: Digest?, limit: Int) async throws -> [Referrer] {
        let found = shelf?.referrers[digest] ?? []
        let behind = after.map(\.description) ?? ""
        return Array(found.drop { "\($0.descriptor.digest)" <= behind }.prefix(max(limit, 0)))
    }

    private func piece(ofBlob digest: Digest) -> ArchivePiece? {
        shelf?.blobs[digest] == nil ? nil : bundles.pieces[digest]
    }
}
