// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

/// What a bundle says of one repository, ordered for questions.
struct BundleShelf: Sendable {
    let tags: [TagName: Descriptor]
    let manifests: [Digest: Descriptor]
    let blobs: [Digest: Int64]
    let referrers: [Digest: [Referrer]]

    init(_ repository: BundleContents.Repository) {
        tags = repository.roots.reduce(into: [:]) { tags, root in if let tag = root.tag { tags[tag] = root.manifest } }
        manifests = repository.manifests.reduce(into: [:]) { $0[$1.digest] = $1 }
        blobs = repository.blobs.reduce(into: [:]) { $0[$1.digest] = $1.size }
        referrers = Dictionary(grouping: repository.references, by: \.subject).mapValues { $0.map(\.referrer) }
    }
}

/// One repository of a bundle.
struct BundleRepository: ContentSource {
    let shelf: BundleShelf
    let file: BundleFile
    let files: StoreFiles

    func tags() -> Pages<TagEntry> {
        Pages(shelf.tags.map { TagEntry(tag: $0.key, digest: $0.value.digest) }.sorted { $0.tag < $1.tag })
    }

    func resolve(_ target: Target) async throws -> Descriptor? {
        switch target {
        case .tag(let tag): shelf.tags[tag]
        case .digest(let digest): shelf.manifests[digest]
        }
    }

    func document(at target: Target) async throws -> ManifestDocument? {
        guard let descriptor = try await resolve(target) else { return nil }
        let digest = descriptor.digest
        guard let member = file.map.pieces[digest] else { throw ContentError.leftOut(digest) }
        guard member.header.size <= Int64(ManifestDocument.maximumSize) else { throw ContentError.missing(digest) }
        let bytes = try await files.run { [file] in try file.bytes.read(Int(member.header.size), at: member.offset) }
        let actual = Digester.digest(of: bytes, algorithm: digest.algorithm)
        guard actual == digest else { throw ContentError.wrongDigest(expected: digest, actual: actual) }
        return try ManifestDocument(bytes: bytes, digest: digest, contentType: descriptor.mediaType.text)
    }

    func contains(_ blob: Descriptor) async throws -> Bool { shelf.blobs[blob.digest] == blob.size }

    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? { shelf.referrers[subject] ?? [] }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let digest = descriptor.digest
        guard shelf.blobs[digest] != nil else { throw ContentError.missing(digest) }
        guard let member = file.map.pieces[digest] else { throw ContentError.leftOut(digest) }
        let part = descriptor.delivered(of: range, from: member.header.size)
        return .reading(part, of: digest, on: files) { [file] in
            try file.bytes.readBuffer($0, at: member.offset + $1)
        }
    }
}
