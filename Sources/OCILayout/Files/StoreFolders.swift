// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// The folders of a store, held open.
final class StoreFolders: Sendable {
    let root: Folder
    let repositories: Folder?
    let uploads: Folder?
    let content: ContentFolder?
    let isWritable: Bool

    /// Opens a store, and makes it where it may be made; blocks.
    init(path: String, isWritable: Bool, observer: FileStep.Observer?) throws {
        self.isWritable = isWritable
        if isWritable { try Self.makeFolders(path) }
        guard let root = try Folder.open(at: path, observer: observer) else { throw StoreError.notAStore(path: path) }
        self.root = root
        try Self.checkMarker(of: root, isWritable: isWritable)
        if isWritable {
            let uploads = try root.makeFolder(LayoutPaths.uploads, mode: 0o700)
            self.uploads = uploads
            repositories = try root.makeFolder(LayoutPaths.repositories)
            content = try ContentFolder(in: root, uploads: uploads, isWritable: true)
        } else {
            let uploads = try root.folder(LayoutPaths.uploads)
            self.uploads = uploads
            repositories = try root.folder(LayoutPaths.repositories)
            content = try uploads.map { try ContentFolder(in: root, uploads: $0, isWritable: false) }
        }
    }

    /// What a change needs, or the reason why there is none.
    func forWriting() throws -> (repositories: Folder, uploads: Folder, content: ContentFolder) {
        guard isWritable, let repositories, let uploads, let content else {
            throw StoreError.readingOnly(path: root.path)
        }
        return (repositories, uploads, content)
    }

    private static func checkMarker(of root: Folder, isWritable: Bool) throws {
        struct Marker: Decodable { var version: Int }
        guard let marker = try root.read(LayoutPaths.marker, limit: 4096) else {
            guard isWritable, try mayBecomeAStore(root) else { throw StoreError.notAStore(path: root.path) }
            let aside = "\(LayoutPaths.marker).\(UploadID.random())"
            return try root.replace(LayoutPaths.marker, with: Array(LayoutPaths.markerText.utf8), by: aside)
        }
        guard let version = try? JSONDecoder().decode(Marker.self, from: Data(marker.bytes)).version else {
            throw StoreError.damaged(path: root.below(LayoutPaths.marker), reason: "does not say a version")
        }
        guard version == 1 else { throw StoreError.unsupportedVersion(path: root.path, version: version) }
    }

    /// Whether the folder is empty, but for what another process that makes the same store has begun.
    private static func mayBecomeAStore(_ root: Folder) throws -> Bool {
        var isFree = true
        try root.forEachName { name in
            isFree = isFree && (name == "lost+found" || name.hasPrefix(LayoutPaths.marker))
        }
        return isFree
    }

    /// Makes a folder and those above it, where they are missing.
    static func makeFolders(_ path: String, mode: mode_t = 0o755, isDurable: Bool = true) throws {
        var made = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") where component != "." {
            let above = made.isEmpty ? "/" : made
            made += "/\(component)"
            guard try Folder.open(at: made, observer: nil) == nil else { continue }
            guard let folder = try Folder.open(at: above, observer: nil) else { continue }
            _ = try folder.makeFolder(String(component), mode: mode, isDurable: isDurable)
        }
    }
}
