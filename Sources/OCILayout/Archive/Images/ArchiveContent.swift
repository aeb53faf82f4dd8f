// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// The images of an archive, ready to be read: where its content is, and what its repositories list.
struct ArchiveContent: Sendable {
    let bytes: ArchiveBytes
    /// Where content is.
    var pieces: [Digest: Range<Int64>] = [:]
    /// Manifests that the archive does not have as such, and that were made of what it says.
    var made: [Digest: [UInt8]] = [:]
    /// What each repository lists.
    var shelves: [RepositoryName: PlainIndex] = [:]
    /// What is listed where no repository is named.
    var unnamed = PlainIndex()
    /// Names that several images have where no repository is named, and the whole names of these.
    var ambiguous: [TagName: [String]] = [:]

    /// Reads a whole file of the archive; `nil` if it is not there.
    /// - Throws: ``ArchiveError`` for one that is longer than `limit`.
    func document(_ name: String, in index: TarIndex, limit: Int64) throws -> (offset: Int64, bytes: [UInt8])? {
        guard let range = index.file(at: name) else { return nil }
        let size = range.upperBound - range.lowerBound
        guard size <= limit else { throw damaged(name, at: range.lowerBound, "it has more than \(limit) bytes") }
        return (range.lowerBound, try bytes.read(Int(size), at: range.lowerBound))
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

    func index() throws -> PlainIndex {
        if let name { return archive.shelves[name] ?? PlainIndex() }
        if let (tag, names) = archive.ambiguous.min(by: { $0.key < $1.key }) {
            throw ArchiveError.sameImage(path: archive.bytes.path, tag, names)
        }
        return archive.unnamed
    }

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
