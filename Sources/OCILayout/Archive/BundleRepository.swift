// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// What a bundle says of one repository, ordered for questions.
struct BundleShelf: Sendable {
    let tags: [TagName: Descriptor]
    /// The names of the tags, sorted.
    let tagNames: [TagName]
    let manifests: [Digest: Descriptor]
    let blobs: [Digest: Int64]
    /// What refers to a manifest, each once, ordered by digest.
    let referrers: [Digest: [Referrer]]

    init(_ repository: BundleContents.Repository) {
        tags = repository.roots.reduce(into: [:]) { tags, root in if let tag = root.tag { tags[tag] = root.manifest } }
        tagNames = tags.keys.sorted()
        manifests = repository.manifests.reduce(into: [:]) { $0[$1.digest] = $1 }
        blobs = repository.blobs.reduce(into: [:]) { $0[$1.digest] = $1.size }
        referrers = Dictionary(grouping: repository.references, by: \.subject)
            .mapValues { references in
                // Several bundles may bring the same one.
                var seen: Set<Digest> = []
                return references.map(\.referrer).filter { seen.insert($0.descriptor.digest).inserted }
                    .map { ("\($0.descriptor.digest)", $0) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
    }

    /// What a tag or digest names.
    func manifest(at target: Target) -> Descriptor? {
        switch target {
        case .tag(let tag): tags[tag]
        case .digest(let digest): manifests[digest]
        }
    }
}

/// One repository of a bundle.
struct BundleRepository: ContentSource {
    let shelf: BundleShelf
    let file: BundleFile
    let files: StoreFiles

    func tags() -> Pages<TagEntry> {
        Pages(shelf.tagNames.map { TagEntry(tag: $0, digest: shelf.tags[$0]?.digest) })
    }

    func resolve(_ target: Target) async throws -> Descriptor? { shelf.manifest(at: target) }

    func document(at target: Target) async throws -> ManifestDocument? {
        guard let descriptor = shelf.manifest(at: target) else { return nil }
        let digest = descriptor.digest
        guard let piece = file.piece(digest) else { throw ContentError.leftOut(digest) }
        guard piece.size <= Int64(ManifestDocument.maximumSize) else { throw ContentError.missing(digest) }
        let bytes = try await files.run { try piece.bytes(of: digest) }
        return try ManifestDocument(bytes: bytes, digest: digest, contentType: descriptor.mediaType.text)
    }

    func contains(_ blob: Descriptor) async throws -> Bool { shelf.blobs[blob.digest] == blob.size }

    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? { shelf.referrers[subject] ?? [] }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let digest = descriptor.digest
        guard shelf.blobs[digest] != nil else { throw ContentError.missing(digest) }
        guard let piece = file.piece(digest) else { throw ContentError.leftOut(digest) }
        let part = descriptor.delivered(of: range, from: piece.size)
        return .reading(part, of: digest, on: files) { try piece.readBuffer($0, at: $1) }
    }
}
