// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// An OCI image layout that is open, with its index in memory as long as the file stays the same; calls block.
final class PlainState: Sendable {
    private struct Known {
        var index = PlainIndex()
        var status: FileStatus?
    }

    let folder: Folder
    let files: StoreFiles
    let isWritable: Bool
    private let known = Mutex(Known())
    /// The manifests that were made known without a name, because nothing points to them yet.
    private let added = Mutex<Set<Digest>>([])

    init(folder: Folder, files: StoreFiles, isWritable: Bool) {
        self.folder = folder
        self.files = files
        self.isWritable = isWritable
    }

    /// Opens the folder of a layout, and makes one where that is possible.
    static func open(_ path: String, isWritable: Bool) throws -> Folder {
        if isWritable { try StoreFolders.makeFolders(path) }
        guard let folder = try Folder.open(at: path, observer: FileStep.failpoints) else {
            throw StoreError.notAStore(path: path)
        }
        if let marker = try folder.read(LayoutPaths.layoutMarker, limit: LayoutMarker.maximumSize) {
            guard LayoutMarker.isKnown(marker.bytes) else {
                throw StoreError.damaged(path: folder.below(LayoutPaths.layoutMarker), reason: "is of no known version")
            }
            return folder
        }
        var isFree = isWritable
        try folder.forEachName { name in isFree = isFree && (name == "lost+found" || name.hasPrefix(asidePrefix)) }
        guard isFree else { throw StoreError.notAStore(path: path) }
        try folder.replace(LayoutPaths.layoutMarker, with: Array(LayoutPaths.layoutMarkerText.utf8), by: aside())
        return folder
    }

    private static let asidePrefix = ".mirror-"

    /// A name for a file that is not complete yet.
    static func aside() -> String { asidePrefix + UploadID.random().text }

    /// The index as it is now.
    func index() throws -> PlainIndex {
        try known.withLock { known in
            let status = try folder.status(LayoutPaths.index)
            if let status, status == known.status { return known.index }
            guard let file = try folder.read(LayoutPaths.index, limit: RepositoryIndex.maximumSize) else {
                known = Known()
                return known.index
            }
            do throws(JSONSlices.Mistake) {
                known = Known(index: try PlainIndex(parsing: file.bytes), status: file.status)
            } catch {
                let path = folder.below(LayoutPaths.index)
                throw StoreError.damaged(path: path, reason: "is no JSON at byte \(error.offset)")
            }
            return known.index
        }
    }

    /// Changes the index, while no other process like this one does.
    /// - Returns: Whether the lock was free.
    func change(_ body: (inout PlainIndex) throws -> Bool) throws -> Bool {
        // The folder itself is locked: a file for that would be something new in somebody else's layout.
        guard let lock = try folder.tryLock() else { return false }
        defer { lock.unlock() }
        var index = try index()
        guard try body(&index) else { return true }
        try folder.replace(LayoutPaths.index, with: index.bytes(), by: Self.aside())
        return true
    }

    /// The folder of blobs of one algorithm.
    func blobs(_ algorithm: Digest.Algorithm, making: Bool = false) throws -> Folder? {
        guard making else { return try folder.folder(LayoutPaths.blobs)?.folder(algorithm.rawValue) }
        guard isWritable else { throw StoreError.readingOnly(path: folder.path) }
        return try folder.makeFolder(LayoutPaths.blobs).makeFolder(algorithm.rawValue)
    }

    /// The facts of content; `nil` if it is not there.
    func status(_ digest: Digest) throws -> FileStatus? {
        guard let folder = try blobs(digest.algorithm), let status = try folder.status(digest.hex) else { return nil }
        guard status.isRegular else { throw StoreError.unexpectedFile(path: folder.below(digest.hex)) }
        return status
    }

    /// Gives a file that is whole its name, durably.
    func place(_ file: OpenFile, named aside: String, as digest: Digest) throws {
        guard let blobs = try blobs(digest.algorithm, making: true) else { return }
        try file.sync()
        try blobs.rename(aside, from: folder, as: digest.hex)
        try blobs.sync()
    }

    /// Makes a manifest known, by a name or without one.
    /// - Returns: Whether the lock was free.
    func put(_ document: ManifestDocument, named name: String?) throws -> Bool {
        let children = document.manifest.children.map(\.digest)
        return try change { index in
            let isNew = index.put(document.descriptor, named: name)
            // Children of an index are not listed, by other tools either; neither is twice what has a name now.
            let listed = added.withLock { added in
                if name == nil, isNew { added.insert(document.descriptor.digest) }
                let listed = added.intersection(children + (name == nil ? [] : [document.descriptor.digest]))
                added.subtract(listed)
                return listed
            }
            return index.removeUnnamed(listed) || isNew
        }
    }
}

extension PlainState: LayoutContent {
    func size(of digest: Digest) throws -> Int64? { try status(digest)?.size }

    func bytes(of digest: Digest, limit: Int64) throws -> [UInt8]? {
        guard let status = try status(digest), status.size <= limit else { return nil }
        return try blobs(digest.algorithm)?.read(digest.hex, limit: limit)?.bytes
    }

    func blob(_ digest: Digest, files: StoreFiles) throws -> StoredBlob? {
        try blobs(digest.algorithm).flatMap { try StoredBlob(digest, in: $0, files: files) }
    }
}
