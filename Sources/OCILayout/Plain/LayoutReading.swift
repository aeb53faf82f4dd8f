// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// What an OCI image layout consists of, wherever its files are; calls block.
protocol LayoutContent: Sendable {
    /// What it lists.
    func index() throws -> PlainIndex
    /// The entry of a manifest; `nil` if it has none.
    func entry(at target: Target) throws -> PlainIndex.Entry?
    /// The names that are tags, in order, each once.
    func tags() throws -> [TagEntry]
    /// The length of content; `nil` if it is not there.
    func size(of digest: Digest) throws -> Int64?
    /// The bytes of content; `nil` if it is not there, or longer than `limit`.
    func bytes(of digest: Digest, limit: Int64) throws -> [UInt8]?
    /// Content, to be read; `nil` if it is not there.
    func blob(_ digest: Digest, files: StoreFiles) throws -> StoredBlob?
}

extension LayoutContent {
    func entry(at target: Target) throws -> PlainIndex.Entry? { try index().entry(at: target) }

    func tags() throws -> [TagEntry] { try index().tags }
}

/// A repository that is an OCI image layout, as far as it is read: in a folder, or in an archive.
protocol LayoutReading: ContentSource {
    associatedtype Content: LayoutContent

    var content: Content { get }
    /// The threads on which its files are read.
    var files: StoreFiles { get }
}

extension LayoutReading {
    func tags() -> Pages<TagEntry> {
        Pages {
            var isOver = false
            return {
                defer { isOver = true }
                return isOver ? nil : try await files.run { [content] in try content.tags() }
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
        guard let bytes = try await manifest(digest) else {
            if listed != nil { throw ContentError.missing(digest) }
            return nil
        }
        return try ManifestDocument(bytes: bytes, digest: digest, contentType: listed?.mediaType?.text)
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await files.run { [content] in try content.size(of: blob.digest) == blob.size }
    }

    /// A layout has no list of its own, and is small: the manifests of its index are looked at.
    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        let entries = try await files.run { [content] in try content.index().entries }
        var found: [Digest: Referrer] = [:]
        for digest in entries.compactMap(\.digest) where found[digest] == nil {
            guard let document = try await document(at: .digest(digest)), document.subject == subject else { continue }
            found[digest] = Referrer(document)
        }
        return found.values.sorted { $0.descriptor.digest.hex < $1.descriptor.digest.hex }
    }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let blob = try await files.run { [content, files] in try content.blob(descriptor.digest, files: files) }
        guard let blob else { throw ContentError.missing(descriptor.digest) }
        return blob.read(descriptor.delivered(of: range, from: blob.size))
    }

    private func entry(at target: Target) async throws -> PlainIndex.Entry? {
        try await files.run { [content] in try content.entry(at: target) }
    }

    /// The verified bytes of a manifest; `nil` if the file is not there, or longer than any manifest.
    private func manifest(_ digest: Digest) async throws -> [UInt8]? {
        try await files.run { [content] in
            guard let bytes = try content.bytes(of: digest, limit: Int64(ManifestDocument.maximumSize)) else {
                return nil
            }
            let actual = Digester.digest(of: bytes, algorithm: digest.algorithm)
            guard actual == digest else { throw ContentError.wrongDigest(expected: digest, actual: actual) }
            return bytes
        }
    }
}
