// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// One repository of a store, which need not exist.
///
/// Reading one that does not exist finds nothing; writing makes it.
public struct LayoutRepository: Sendable {
    /// What it is called.
    public let name: RepositoryName
    let store: LayoutStore

    /// Whether anything was ever written to it: also a blob that no manifest points to counts.
    public func exists() async throws -> Bool { try await store.read(name) { _ in true } ?? false }

    /// The tags behind `after` in bytewise order, at most `limit`.
    public func tags(after: TagName?, limit: Int) async throws -> [TagName] {
        try await store.read(name) { state in
            try state.read { Array($0.tags(after: after, limit: limit)) }
        } ?? []
    }

    /// The manifest that a target names, with its exact bytes, taken apart; `nil` if it is not there.
    /// - Throws: `ManifestError` for a document that is not strictly a manifest, `ContentError` for damaged bytes.
    public func manifest(at target: Target) async throws -> ManifestDocument? {
        guard let stored = try await storedManifest(at: target) else { return nil }
        return try ManifestDocument(
            bytes: stored.bytes,
            digest: stored.descriptor.digest,
            contentType: stored.descriptor.mediaType.text
        )
    }

    /// The bytes of the manifest that a target names, with its media type; `nil` if it is not there.
    ///
    /// Cheaper than ``manifest(at:)``, since the document is only hashed.
    /// - Throws: `ContentError` for damaged bytes.
    public func storedManifest(at target: Target) async throws -> StoredManifest? {
        try await store.read(name) { try $0.manifest(at: target) } ?? nil
    }

    /// Opens a blob; `nil` if the repository does not have it.
    public func blob(_ digest: Digest) async throws -> StoredBlob? {
        try await store.read(name) { state in
            guard let folder = try state.blobFolder(holding: digest) else { return nil }
            return try StoredBlob(digest, in: folder, files: state.files)
        } ?? nil
    }

    /// The length of a blob; `nil` if the repository does not have it.
    ///
    /// Whoever asks is about to use the blob: it is safe from ``BlobSweep`` for the grace period.
    public func size(ofBlob digest: Digest) async throws -> Int64? {
        try await store.read(name) { state in
            guard let folder = try state.blobFolder(holding: digest), let status = try folder.status(digest.hex) else {
                return nil
            }
            guard status.isRegular else { throw StoreError.unexpectedFile(path: folder.below(digest.hex)) }
            // Rarely, so that reading does not write all the time.
            if state.folders.isWritable, status.idle() > BlobSweep.defaultGrace / 4 { folder.touch(digest.hex) }
            return status.size
        } ?? nil
    }

    /// The manifests whose subject is `digest`, ordered by digest, behind `after`, at most `limit`.
    public func referrers(of digest: Digest, after: Digest? = nil, limit: Int = 1000) async throws -> [Referrer] {
        try await store.read(name) { state in
            let found = try state.read { $0.referrers[digest] ?? [] }
            let behind = after.map(\.description) ?? ""
            return try found.map { (text: $0.description, digest: $0) }.filter { $0.text > behind }
                .sorted { $0.text < $1.text }.prefix(max(limit, 0))
                .compactMap { try state.referrer($0.digest) }
        } ?? []
    }
}

extension RepositoryState {
    /// The folder where a blob would be; `nil` if there is none, or what is there is only a manifest.
    func blobFolder(holding digest: Digest) throws -> Folder? {
        let isOnlyManifest = try read { index in index.manifests[digest].map { !$0.isBlob } ?? false }
        return isOnlyManifest ? nil : try blobFolder(digest.algorithm)
    }

    /// The manifest that a target names, its bytes verified.
    func manifest(at target: Target) throws -> StoredManifest? {
        guard let entry = try read({ $0.entry(at: target) }) else { return nil }
        guard let bytes = try bytes(of: entry.digest) else { throw ContentError.missing(entry.digest) }
        return StoredManifest(
            descriptor: Descriptor(mediaType: entry.mediaType, digest: entry.digest, size: Int64(bytes.count)),
            bytes: bytes
        )
    }

    /// The verified bytes of a manifest; `nil` if the file is gone.
    func bytes(of digest: Digest) throws -> [UInt8]? {
        let limit = Int64(ManifestDocument.maximumSize)
        guard let bytes = try blobFolder(digest.algorithm)?.read(digest.hex, limit: limit)?.bytes else { return nil }
        let actual = Digester.digest(of: bytes, algorithm: digest.algorithm)
        guard actual == digest else { throw ContentError.wrongDigest(expected: digest, actual: actual) }
        return bytes
    }

    func referrer(_ digest: Digest) throws -> Referrer? {
        guard let manifest = try manifest(at: .digest(digest)) else { return nil }
        let details = ManifestDetails(manifest.bytes)
        return Referrer(
            descriptor: manifest.descriptor,
            artifactType: details.referrerType,
            annotations: details.annotations
        )
    }
}
