// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// One repository of a store, which need not exist.
///
/// Reading one that does not exist finds nothing; writing makes it.
public struct LayoutRepository: Sendable {
    /// What it is called.
    public let name: RepositoryName
    let store: LayoutStore

    /// Whether anything was ever written to it: also a blob that no manifest points to counts.
    public func exists() async throws -> Bool { throw StoreError.shutDown }

    /// The tags behind `after` in bytewise order, at most `limit`.
    public func tags(after: TagName?, limit: Int) async throws -> [TagName] { throw StoreError.shutDown }

    /// The manifest that a target names, with its exact bytes, taken apart; `nil` if it is not there.
    public func manifest(at target: Target) async throws -> ManifestDocument? { throw StoreError.shutDown }

    /// The bytes of the manifest that a target names, with its media type; `nil` if it is not there.
    ///
    /// Cheaper than ``manifest(at:)``, since the document is only hashed.
    public func storedManifest(at target: Target) async throws -> StoredManifest? { throw StoreError.shutDown }

    /// Puts a manifest under its digest and all of `tags`, in one durable step.
    /// - Throws: ``StoreError/missing(blobs:manifests:)`` if it points to what is not there.
    public func put(
        _ document: ManifestDocument,
        as tags: [TagName] = [],
        missing: MissingPolicy = .refuse
    ) async throws { throw StoreError.shutDown }

    /// Opens a blob; `nil` if the repository does not have it.
    public func blob(_ digest: Digest) async throws -> StoredBlob? { throw StoreError.shutDown }

    /// The length of a blob; `nil` if the repository does not have it.
    ///
    /// Whoever asks is about to use the blob: it is safe from ``BlobSweep`` for the grace period.
    public func size(ofBlob digest: Digest) async throws -> Int64? { throw StoreError.shutDown }

    /// Links a blob that the store has already.
    /// - Parameter source: The repository that must have it; `nil` to take it from wherever it is, which only those may
    ///   ask who can read everything.
    /// - Returns: Whether the repository has the blob now.
    public func mount(_ digest: Digest, from source: RepositoryName?) async throws -> Bool { throw StoreError.shutDown }

    /// Removes a tag; what it points to stays.
    /// - Returns: Whether there was one.
    public func remove(_ tag: TagName) async throws -> Bool { throw StoreError.shutDown }

    /// Removes a manifest with all of its tags.
    /// - Returns: Whether there was one.
    /// - Throws: ``StoreError/inUse(_:by:)`` while an index points to it.
    public func remove(manifest digest: Digest) async throws -> Bool { throw StoreError.shutDown }

    /// Removes a blob from this repository; others keep it.
    /// - Returns: Whether there was one.
    /// - Throws: ``StoreError/inUse(_:by:)`` while a manifest points to it.
    public func remove(blob digest: Digest) async throws -> Bool { throw StoreError.shutDown }

    /// The manifests whose subject is `digest`, ordered by digest, behind `after`, at most `limit`.
    public func referrers(of digest: Digest, after: Digest? = nil, limit: Int = 1000) async throws -> [Referrer] {
        throw StoreError.shutDown
    }

    /// Begins to receive a blob.
    /// - Parameter owner: Who does; only the same one finds the upload again.
    public func beginUpload(owner: String = "") async throws -> BlobUpload { throw StoreError.shutDown }

    /// An upload that was begun; `nil` for one that is unknown, or of another repository or owner.
    public func upload(_ id: UploadID, owner: String = "") async throws -> BlobUpload? { throw StoreError.shutDown }
}

extension LayoutRepository: ContentSource, ContentSink {
    /// The tags with their digests, in pages.
    public func tags() -> Pages<TagEntry> { Pages([]) }

    /// What a target names; see ``ContentIndex/resolve(_:)``.
    public func resolve(_ target: Target) async throws -> Descriptor? { throw StoreError.shutDown }

    /// The manifest of a target; see ``ContentIndex/document(at:)``.
    public func document(at target: Target) async throws -> ManifestDocument? { try await manifest(at: target) }

    /// Whether a blob is there; see ``ContentIndex/contains(_:)``.
    public func contains(_ blob: Descriptor) async throws -> Bool { try await size(ofBlob: blob.digest) != nil }

    /// The bytes of a blob from an offset on.
    /// - Throws: ``ContentError/missing(_:)``.
    public func blob(_ descriptor: Descriptor, from offset: Int64) async throws -> ByteStream {
        throw StoreError.shutDown
    }

    /// Makes a blob be there; see ``ContentSink/write(_:heldBy:)``.
    public func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        throw StoreError.shutDown
    }

    /// Writes a manifest; see ``ContentSink/write(_:)``.
    public func write(_ manifest: ManifestDocument) async throws { try await put(manifest) }

    /// Writes a manifest and moves a tag; see ``ContentSink/publish(_:as:)``.
    public func publish(_ root: ManifestDocument, as tag: TagName) async throws { try await put(root, as: [tag]) }
}
