// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

extension LayoutRepository: ContentSource, ContentSink {
    /// The tags with their digests, in pages.
    public func tags() -> Pages<TagEntry> {
        Pages { [self] in
            var last: TagName?
            var isOver = false
            return {
                if isOver { return nil }
                let after = last
                let page =
                    try await store.read(name) { state in
                        try state.read { index in
                            index.tags(after: after, limit: 1000)
                                .map { TagEntry(tag: $0, digest: index.tags[$0]?.digest) }
                        }
                    } ?? []
                last = page.last?.tag
                isOver = page.count < 1000
                return page
            }
        }
    }

    /// What a target names; see ``ContentIndex/resolve(_:)``.
    public func resolve(_ target: Target) async throws -> Descriptor? {
        try await store.read(name) { state in try state.read { $0.entry(at: target)?.descriptor } } ?? nil
    }

    /// The manifest of a target; see ``ContentIndex/document(at:)``.
    public func document(at target: Target) async throws -> ManifestDocument? { try await manifest(at: target) }

    /// Whether a blob is there; see ``ContentIndex/contains(_:)``.
    public func contains(_ blob: Descriptor) async throws -> Bool {
        try await size(ofBlob: blob.digest) == blob.size
    }

    /// The manifests that refer to another one; see `ContentIndex.referrers(of:type:)`.
    public func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        try await referrers(of: subject, limit: .max)
    }

    /// The bytes of a blob from an offset on.
    /// - Throws: ``ContentError/missing(_:)``.
    public func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        guard let blob = try await blob(descriptor.digest) else { throw ContentError.missing(descriptor.digest) }
        return blob.read(descriptor.delivered(of: range, from: blob.size))
    }

    /// Makes a blob be there; see ``ContentSink/write(_:heldBy:)``.
    public func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        let digest = blob.descriptor.digest
        if !blob.replaces, try await contains(blob.descriptor) { return .present }
        if !blob.replaces, let sibling, try await mount(digest, from: sibling) { return .mounted }
        let upload = try await beginPart(hashing: nil)
        do {
            let reading = try await blob.open()
            try await upload.append(reading.stream)
            guard reading.isComplete else { throw ContentError.missing(digest) }
            // The reading has hashed the bytes, and ends only with the right ones.
            try await upload.commit(as: digest, isVerified: true)
        } catch {
            try? await upload.cancel()
            throw error
        }
        return .copied
    }

    /// Writes a manifest; see ``ContentSink/write(_:)``.
    public func write(_ manifest: ManifestDocument) async throws { try await put(manifest) }

    /// Writes a manifest and moves a tag; see ``ContentSink/publish(_:as:)``.
    public func publish(_ root: ManifestDocument, as tag: TagName) async throws { try await put(root, as: [tag]) }
}
