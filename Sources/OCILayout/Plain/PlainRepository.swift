// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The one repository of a plain layout.
struct PlainRepository: LayoutReading, ContentSink {
    /// How long a change waits for another process.
    private static let longestWait: Duration = .seconds(60)

    let state: PlainState

    var content: PlainState { state }
    var files: StoreFiles { state.files }

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
