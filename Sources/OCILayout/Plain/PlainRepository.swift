// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The one repository of a plain layout.
struct PlainRepository: ContentSource, ContentSink {
    /// How long a change waits for another process.
    private static let longestWait: Duration = .seconds(60)

    let state: PlainState

    func tags() -> Pages<TagEntry> {
        Pages {
            var isOver = false
            return {
                defer { isOver = true }
                return isOver ? nil : try await state.files.run { [state] in try state.index().tags }
            }
        }
    }

    func resolve(_ target: Target) async throws -> Descriptor? {
        let listed = try await entry(at: target)
        if let descriptor = listed?.descriptor { return descriptor }
        return try await document(at: target)?.descriptor
    }

    func document(at target: Target) async throws -> ManifestDocument? {
        let listed = try await entry(at: target)
        let digest: Digest
        switch target {
        case .digest(let wanted): digest = wanted
        case .tag:
            guard let listed = listed?.digest else { return nil }
            digest = listed
        }
        guard let bytes = try await bytes(of: digest) else {
            if listed != nil { throw ContentError.missing(digest) }
            return nil
        }
        return try ManifestDocument(bytes: bytes, digest: digest, contentType: listed?.mediaType?.text)
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await state.files.run { [state] in try state.status(blob.digest)?.size == blob.size }
    }

    /// A layout has no list of its own, and is small: the manifests of its index are looked at.
    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        let entries = try await state.files.run { [state] in try state.index().entries }
        var found: [Digest: Referrer] = [:]
        for digest in entries.compactMap(\.digest) where found[digest] == nil {
            guard let document = try await document(at: .digest(digest)), document.subject == subject else { continue }
            found[digest] = Referrer(document)
        }
        return found.values.sorted { $0.descriptor.digest.hex < $1.descriptor.digest.hex }
    }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let blob = try await state.files.run { [state] in
            try state.blobs(descriptor.digest.algorithm)
                .flatMap {
                    try StoredBlob(descriptor.digest, in: $0, files: state.files)
                }
        }
        guard let blob else { throw ContentError.missing(descriptor.digest) }
        return blob.read(descriptor.delivered(of: range, from: blob.size))
    }

    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        if !blob.replaces, try await contains(blob.descriptor) { return .present }
        let name = PlainState.aside()
        let file = try await state.files.run { [state] in
            _ = try state.blobs(blob.descriptor.digest.algorithm, making: true)
            return try state.folder.create(name)
        }
        do {
            let reading = try await blob.open()
            var writer = UploadWriter(file, at: 0, digester: nil, files: state.files)
            for try await buffer in reading.stream { try await writer.take(buffer) }
            try await writer.finish()
            guard reading.isComplete else { throw ContentError.missing(blob.descriptor.digest) }
            try await state.files.run { [state] in try state.place(file, named: name, as: blob.descriptor.digest) }
        } catch {
            _ = try? await state.files.run { [state] in try state.folder.remove(name) }
            throw error
        }
        return .copied
    }

    func write(_ manifest: ManifestDocument) async throws { try await put(manifest, named: nil) }

    func publish(_ root: ManifestDocument, as tag: TagName) async throws { try await put(root, named: tag.text) }

    private func entry(at target: Target) async throws -> PlainIndex.Entry? {
        try await state.files.run { [state] in
            let index = try state.index()
            return switch target {
            case .tag(let tag): index.entry(named: tag.text)
            case .digest(let digest): index.entry(digest)
            }
        }
    }

    /// The verified bytes of a manifest; `nil` if the file is not there, or longer than any manifest.
    private func bytes(of digest: Digest) async throws -> [UInt8]? {
        try await state.files.run { [state] in
            let limit = Int64(ManifestDocument.maximumSize)
            guard let status = try state.status(digest), status.size <= limit,
                let bytes = try state.blobs(digest.algorithm)?.read(digest.hex, limit: limit)?.bytes
            else { return nil }
            let actual = Digester.digest(of: bytes, algorithm: digest.algorithm)
            guard actual == digest else { throw ContentError.wrongDigest(expected: digest, actual: actual) }
            return bytes
        }
    }

    private func put(_ document: ManifestDocument, named name: String?) async throws {
        let digest = document.descriptor.digest
        let actual = Digester.digest(of: document.bytes, algorithm: digest.algorithm)
        guard actual == digest else { throw StoreError.wrongDigest(expected: digest, actual: actual) }
        try await state.files.run { [state] in
            try state.checkClosure(of: document)
            try state.add(document)
        }
        let start = ContinuousClock.now
        while try await !state.files.run({ [state] in try state.put(document, named: name) }) {
            guard .now - start < Self.longestWait else { throw StoreError.locked(path: state.folder.path) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension PlainState {
    /// Refuses a manifest that points to what is not there.
    fileprivate func checkClosure(of document: ManifestDocument) throws {
        let blobs = document.manifest.blobs.filter { !$0.isNonDistributable }.map(\.digest)
        let missing = try blobs.filter { try status($0) == nil }
        let children = try document.manifest.children.map(\.digest).filter { try status($0) == nil }
        guard missing.isEmpty, children.isEmpty else { throw StoreError.missing(blobs: missing, manifests: children) }
    }

    /// Writes the bytes of a manifest.
    fileprivate func add(_ document: ManifestDocument) throws {
        let digest = document.descriptor.digest
        let there = try blobs(digest.algorithm, making: true)
        if try there?.has(document.bytes, as: digest.hex) == true { return }
        let name = Self.aside()
        let file = try folder.create(name)
        do {
            try file.write(document.bytes, at: 0)
            try place(file, named: name, as: digest)
        } catch {
            _ = try? folder.remove(name)
            throw error
        }
    }
}
