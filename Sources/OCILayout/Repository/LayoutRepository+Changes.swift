// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

extension LayoutRepository {
    /// Puts a manifest under its digest and all of `tags`, in one durable step.
    ///
    /// - Throws: ``StoreError/missing(blobs:manifests:)`` if it points to what is not there, and
    ///   ``StoreError/wrongDigest(expected:actual:)`` for a document that is called something else than it is.
    public func put(
        _ document: ManifestDocument,
        as tags: [TagName] = [],
        missing: MissingPolicy = .refuse
    ) async throws {
        let digest = document.descriptor.digest
        let actual = Digester.digest(of: document.bytes, algorithm: digest.algorithm)
        guard actual == digest else { throw StoreError.wrongDigest(expected: digest, actual: actual) }
        let subject = document.subject
        let stage: @Sendable () throws -> Void = { [folders = store.folders] in
            try folders.forWriting().content.add(document.bytes, as: digest)
        }
        // Looked at first without the lock, so that what is refused leaves nothing, not even an empty repository.
        try await store.files.run { [states = store.states, name] in
            let state = try states.state(of: name, making: false)
            try document.checkClosure(
                missing,
                hasBlob: { try state?.blobFolder(holding: $0)?.status($0.hex) != nil },
                hasManifest: { digest in try state?.read { $0.manifests[digest] != nil } ?? false }
            )
            try stage()
        }
        _ = try await store.change(name) { session in
            try document.checkClosure(
                missing,
                hasBlob: session.hasBlob,
                hasManifest: { session.manifest($0) != nil }
            )
            let known = session.manifest(digest)
            let entry = ManifestEntry(
                mediaType: document.descriptor.mediaType,
                digest: digest,
                size: document.descriptor.size,
                subject: subject,
                isBlob: try known?.isBlob ?? (session.file(digest) != nil)
            )
            let isDamaged = try session.isDamaged(document)
            if try !session.link(digest, isDamaged: isDamaged) {
                // A sweep was faster.
                try stage()
                guard try session.link(digest, isDamaged: isDamaged) else { throw ContentError.missing(digest) }
            }
            let moved = tags.filter { session.digest(of: $0) != digest }
            if known != entry || !moved.isEmpty { session.stage(.put(entry, tags: moved)) }
        }
    }

    /// Links a blob that the store has already.
    ///
    /// - Parameter source: The repository that must have it; `nil` to take it from wherever it is, which only those may
    ///   ask who can read everything.
    /// - Returns: Whether the repository has the blob now.
    public func mount(_ digest: Digest, from source: RepositoryName?) async throws -> Bool {
        var blob: StoredBlob?
        if let source {
            guard let found = try await store.repository(source).blob(digest) else { return false }
            blob = found
        }
        let isLinked = try await store.files.run { [folders = store.folders] in
            try folders.forWriting().content.status(digest) != nil
        }
        if isLinked, try await link(digest) { return true }
        // Another tool wrote it into the repository: its bytes are checked before they are shared.
        guard let blob else { return false }
        let upload = try await beginPart(hashing: digest.algorithm)
        do {
            try await upload.append(blob.read())
            try await upload.commit(as: digest)
        } catch {
            try? await upload.cancel()
            throw error
        }
        return true
    }

    private func link(_ digest: Digest) async throws -> Bool {
        try await store.change(name) { try $0.addBlob(digest) } ?? false
    }

    /// Removes a tag; what it points to stays.
    /// - Returns: Whether there was one.
    public func remove(_ tag: TagName) async throws -> Bool {
        try await store.change(name, making: false) { session in
            guard session.digest(of: tag) != nil else { return false }
            session.stage(.untag(tag))
            return true
        } ?? false
    }

    /// Removes a manifest with all of its tags.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``StoreError/inUse(_:by:)`` while an index points to it.
    public func remove(manifest digest: Digest) async throws -> Bool {
        try await store.change(name, making: false) { session in
            guard let entry = session.manifest(digest) else { return false }
            if let parent = try session.user(of: digest, asBlob: false) {
                throw StoreError.inUse(digest, by: parent)
            }
            session.stage(.remove(digest))
            if !entry.isBlob { session.doom(digest) }
            return true
        } ?? false
    }

    /// Removes a blob from this repository; others keep it.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: ``StoreError/inUse(_:by:)`` while a manifest points to it.
    public func remove(blob digest: Digest) async throws -> Bool {
        try await store.change(name, making: false) { session in
            guard try session.hasBlob(digest) else { return false }
            if let user = try session.user(of: digest, asBlob: true) {
                throw StoreError.inUse(digest, by: user)
            }
            if var entry = session.manifest(digest) {
                entry.isBlob = false
                session.stage(.put(entry, tags: []))
            } else {
                session.doom(digest)
            }
            return true
        } ?? false
    }
}

extension ManifestDocument {
    /// Refuses a manifest that points to what is not there.
    fileprivate func checkClosure(
        _ policy: MissingPolicy,
        hasBlob: (Digest) throws -> Bool,
        hasManifest: (Digest) throws -> Bool
    ) throws {
        let blobs = manifest.blobs.filter { !$0.isNonDistributable }.map(\.digest)
        let missing = try blobs.filter { try !hasBlob($0) }
        let children = policy == .refuse ? manifest.children.map(\.digest) : []
        let orphans = try children.filter { try !hasManifest($0) }
        guard missing.isEmpty, orphans.isEmpty else { throw StoreError.missing(blobs: missing, manifests: orphans) }
    }
}

extension ChangeSession {
    /// Makes content of the store a blob of the repository.
    /// - Parameter isDamaged: Whether what the repository has of it is known to have the wrong bytes.
    /// - Returns: Whether the store has it.
    func addBlob(_ digest: Digest, isDamaged: Bool = false) throws -> Bool {
        guard try link(digest, isDamaged: isDamaged) else { return false }
        if var entry = manifest(digest), !entry.isBlob {
            entry.isBlob = true
            stage(.put(entry, tags: []))
        }
        return true
    }

    /// Whether the repository has other bytes than a manifest's under its name.
    func isDamaged(_ document: ManifestDocument) throws -> Bool {
        let digest = document.descriptor.digest
        guard try file(digest) != nil else { return false }
        return try state.blobFolder(digest.algorithm)?.has(document.bytes, as: digest.hex) == false
    }

    /// A manifest that points to a digest, found by opening all that can.
    func user(of digest: Digest, asBlob: Bool) throws -> Digest? {
        for entry in index().manifests.values where entry.mediaType.isIndex != asBlob && entry.digest != digest {
            guard let bytes = try state.bytes(of: entry.digest),
                let document = try? ManifestDocument(
                    bytes: bytes,
                    digest: entry.digest,
                    contentType: entry.mediaType.text
                )
            else { continue }
            let targets = asBlob ? document.manifest.blobs : document.manifest.children
            if targets.contains(where: { $0.digest == digest }) { return entry.digest }
        }
        return nil
    }
}
