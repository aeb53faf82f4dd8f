// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI

/// The private folder in which all content of a store is once, by its digest.
///
/// Files come in whole and durable, and never change.
final class ContentFolder: Sendable {
    let folders: [Digest.Algorithm: Folder]
    private let uploads: Folder

    init(in root: Folder, uploads: Folder, isWritable: Bool) throws {
        self.uploads = uploads
        let blobs = isWritable ? try root.makeFolder(LayoutPaths.blobs) : try root.folder(LayoutPaths.blobs)
        var folders: [Digest.Algorithm: Folder] = [:]
        for algorithm in Digest.Algorithm.allCases {
            folders[algorithm] =
                isWritable ? try blobs?.makeFolder(algorithm.rawValue) : try blobs?.folder(algorithm.rawValue)
        }
        self.folders = folders
    }

    /// The facts of content; `nil` if it is not there.
    func status(_ digest: Digest) throws -> FileStatus? {
        guard let folder = try folders[digest.algorithm]?.folder(LayoutPaths.spread(digest)),
            let status = try folder.status(digest.hex)
        else { return nil }
        guard status.isRegular else { throw StoreError.unexpectedFile(path: folder.below(digest.hex)) }
        return status
    }

    /// Takes in a file whose bytes have the digest; the file itself stays where it is, too, as long as that is possible.
    ///
    /// - Parameter isDamaged: Whether what is there has the right length and is known to have the wrong bytes.
    /// - Throws: What ``OpenFile/sync()`` throws: the file is lost then.
    func adopt(
        _ file: OpenFile,
        named name: String,
        in staging: Folder,
        as digest: Digest,
        size: Int64,
        isDamaged: Bool = false
    ) throws {
        guard let algorithm = folders[digest.algorithm] else {
            throw StoreError.readingOnly(path: staging.path)
        }
        let folder = try algorithm.makeFolder(LayoutPaths.spread(digest))
        let present = try status(digest)
        if let present, present.size == size, !isDamaged {
            folder.touch(digest.hex)
            return
        }
        try file.protect()
        // An upload may have rested for long; a sweep is not to take it for garbage.
        file.touch()
        try file.sync()
        // A file of another length was cut, or one of other bytes written, by something that is not us; it is replaced.
        guard present == nil else { return try replace(digest, in: folder, by: name, from: staging) }
        switch try folder.link(name, from: staging, as: digest.hex) {
        case .linked: try folder.sync()
        case .exists: return
        case .missing: throw StoreError.system(.link, path: staging.below(name), errno: ENOENT)
        case .impossible: try replace(digest, in: folder, by: name, from: staging)
        }
    }

    /// Takes in bytes that have the digest.
    func add(_ bytes: [UInt8], as digest: Digest) throws {
        let folder = try folders[digest.algorithm]?.folder(LayoutPaths.spread(digest))
        let isPresent = try status(digest)?.size == Int64(bytes.count)
        if isPresent, try folder?.has(bytes, as: digest.hex) == true {
            folder?.touch(digest.hex)
            return
        }
        let name = LayoutPaths.part(.random())
        let file = try uploads.create(name)
        defer { _ = try? uploads.remove(name) }
        try file.write(bytes, at: 0)
        let size = Int64(bytes.count)
        try adopt(file, named: name, in: uploads, as: digest, size: size, isDamaged: isPresent)
    }

    private func replace(_ digest: Digest, in folder: Folder, by name: String, from staging: Folder) throws {
        try folder.rename(name, from: staging, as: digest.hex)
        try folder.sync()
    }

    /// Makes content appear in the blob folder of a repository, which the caller makes durable.
    /// - Parameter isDamaged: Whether what the repository has under the name is known to have the wrong bytes.
    /// - Returns: Whether the content is here at all.
    func link(_ digest: Digest, into repository: Folder, isDamaged: Bool = false) throws -> Bool {
        guard let folder = try folders[digest.algorithm]?.folder(LayoutPaths.spread(digest)),
            let status = try status(digest)
        else { return false }
        for attempt in 0..<2 {
            switch try repository.link(digest.hex, from: folder, as: digest.hex) {
            case .linked:
                repository.touch(digest.hex)
                return true
            case .missing: return false
            case .impossible:
                try copy(digest, from: folder, into: repository)
                return true
            case .exists:
                guard let there = try repository.status(digest.hex) else { continue }
                guard there.isRegular else {
                    throw StoreError.unexpectedFile(path: repository.below(digest.hex))
                }
                if there.size == status.size, !isDamaged || attempt > 0 {
                    repository.touch(digest.hex)
                    return true
                }
                try repository.remove(digest.hex)
            }
        }
        return false
    }

    /// For file systems that have no more links for this file, or none at all.
    private func copy(_ digest: Digest, from folder: Folder, into repository: Folder) throws {
        guard let original = try folder.file(digest.hex) else { return }
        let name = LayoutPaths.part(.random())
        let copy = try uploads.create(name)
        do {
            var offset: Int64 = 0
            while true {
                let bytes = try original.read(StoreFiles.chunkSize, at: offset)
                if bytes.isEmpty { break }
                try copy.write(bytes, at: offset)
                offset += Int64(bytes.count)
            }
            try copy.protect()
            try copy.sync()
            try repository.rename(name, from: uploads, as: digest.hex)
        } catch {
            _ = try? uploads.remove(name)
            throw error
        }
    }
}
