// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The content of a registry of the tests.
struct ProductStore {
    enum Bytes: Sendable {
        case kept([UInt8])
        /// Made when they are read, from an offset on.
        case made(@Sendable (Int64) -> ByteStream)
        /// There were too many to keep.
        case lost
    }

    struct Blob: Sendable {
        var bytes: Bytes
        let size: Int64
        /// Whether it is what its digest says.
        let isTrue: Bool
    }

    struct Manifest: Sendable {
        let bytes: [UInt8]
        let mediaType: String
        let digest: Digest

        var document: ManifestDocument? {
            try? ManifestDocument(bytes: bytes, digest: digest, contentType: mediaType)
        }
    }

    struct Repository {
        var tags: [String: Digest] = [:]
        /// When tags were put, in seconds since 1970; see ``ProductStore/lastPush``.
        var pushes: [String: Int64] = [:]
        var manifests: [Digest: Manifest] = [:]
        var blobs: Set<Digest> = []
    }

    var repositories: [String: Repository] = [:]
    var blobs: [Digest: Blob] = [:]
    /// When the last tag was put: a minute after the one before it, and the first in the first minute of 2026.
    var lastPush: Int64 = 1_767_225_600

    /// A blob, if the repository has it.
    func blob(_ digest: Digest, in repository: String) -> Blob? {
        guard repositories[repository]?.blobs.contains(digest) == true else { return nil }
        return blobs[digest]
    }

    /// A manifest by its tag or digest.
    func manifest(_ reference: String, in repository: String) -> Manifest? {
        guard let repository = repositories[repository] else { return nil }
        return (repository.tags[reference] ?? (try? Digest(reference))).flatMap { repository.manifests[$0] }
    }

    /// Puts a manifest into a repository, under a tag if one is given.
    ///
    /// In place: to copy a repository of many tags for each manifest takes longer than all the rest.
    mutating func add(_ manifest: Manifest, to repository: String, as tag: String?) {
        repositories[repository, default: .init()].manifests[manifest.digest] = manifest
        guard let tag else { return }
        lastPush += 60
        repositories[repository, default: .init()].tags[tag] = manifest.digest
        repositories[repository, default: .init()].pushes[tag] = lastPush
    }

    /// What a manifest points to and is not there, or is not what it is called; at once or, with `isDeep`, beneath.
    func missing(_ manifest: Manifest, in name: String, isDeep: Bool) -> [Digest] {
        guard let document = manifest.document else { return [] }
        var missing: [Digest] = []
        for blob in document.manifest.blobs where !blob.isNonDistributable {
            guard let held = self.blob(blob.digest, in: name), held.isTrue || !isDeep else {
                missing.append(blob.digest)
                continue
            }
        }
        for child in document.manifest.children {
            guard let held = repositories[name]?.manifests[child.digest] else {
                missing.append(child.digest)
                continue
            }
            if isDeep, child.digest != manifest.digest { missing += self.missing(held, in: name, isDeep: true) }
        }
        return missing
    }
}
