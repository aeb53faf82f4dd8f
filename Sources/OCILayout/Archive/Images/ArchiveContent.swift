// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The images of an archive, ready to be read: where its content is, and what its repositories list.
struct ArchiveContent: Sendable {
    let format: ArchiveFormat
    let bytes: ArchiveBytes
    /// Where content is.
    var pieces: [Digest: Range<Int64>] = [:]
    /// Manifests that the archive does not have as such, and that were made of what it says.
    var made: [Digest: [UInt8]] = [:]
    /// What each repository lists.
    var shelves: [RepositoryName: ArchiveListing] = [:]
    /// What is listed where no repository is named.
    var unnamed = ArchiveListing()

    /// Reads a document that the format has under this name; `nil` if it is not there.
    ///
    /// No tool writes it as a link, and a reader that unpacks archives may follow one elsewhere.
    /// - Throws: ``ArchiveError`` for a link, and for one that is longer than `limit`.
    func document(_ name: String, in members: TarIndex, limit: Int64) throws -> (offset: Int64, bytes: [UInt8])? {
        guard members.links[name] == nil else { throw damaged(name, at: 0, "it is a link") }
        guard let range = members.files[name] else { return nil }
        return (range.lowerBound, try document(name, at: range, limit: limit))
    }

    /// Reads a whole file of the archive.
    /// - Throws: ``ArchiveError`` for one that is longer than `limit`.
    func document(_ name: String, at range: Range<Int64>, limit: Int64) throws -> [UInt8] {
        let size = range.upperBound - range.lowerBound
        guard size <= limit else { throw damaged(name, at: range.lowerBound, "it has more than \(limit) bytes") }
        return try bytes.read(Int(size), at: range.lowerBound)
    }

    func damaged(_ name: String, at offset: Int64, _ reason: String) -> ArchiveError {
        .damaged(path: bytes.path, offset: offset, .document(name, reason: reason))
    }
}

/// One repository of an archive.
struct ArchiveShelf: LayoutContent {
    let archive: ArchiveContent
    /// The repository; `nil` for all images, whatever they are called.
    let name: RepositoryName?

    private var listing: ArchiveListing {
        guard let name else { return archive.unnamed }
        return archive.shelves[name] ?? ArchiveListing()
    }

    func index() -> PlainIndex { listing.index }

    func entry(at target: Target) throws -> PlainIndex.Entry? {
        if case .tag(let tag) = target, let images = listing.images(sharing: tag) {
            let place = Place.archive(archive.format, archive.bytes.path)
            throw ArchiveError.sameImage(place, name ?? Place.onlyRepository, tag, images)
        }
        return index().entry(at: target)
    }

    func tags() -> [TagEntry] { listing.tags }

    func size(of digest: Digest) throws -> Int64? { archive.pieces[digest].map { $0.upperBound - $0.lowerBound } }

    func bytes(of digest: Digest, limit: Int64) throws -> [UInt8]? {
        if let made = archive.made[digest] { return made }
        guard let range = archive.pieces[digest], range.upperBound - range.lowerBound <= limit else { return nil }
        return try archive.bytes.read(Int(range.upperBound - range.lowerBound), at: range.lowerBound)
    }

    func blob(_ digest: Digest, files: StoreFiles) throws -> StoredBlob? {
        archive.pieces[digest]
            .map { range in
                let size = range.upperBound - range.lowerBound
                let piece = ArchivePiece(archive: archive.bytes, offset: range.lowerBound, size: size)
                return StoredBlob(digest, unchecked: piece, files: files)
            }
    }
}

/// One repository of an archive, to read.
struct ArchiveRepository: LayoutReading {
    let content: ArchiveShelf
    let files: StoreFiles
}
