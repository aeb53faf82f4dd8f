// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import OCIContent

/// The files of a spool on the disk: opens, counts and removes them.
///
/// Calls block.
final class SpoolShelf: Sendable {
    /// How much may be on the shelf.
    struct Room {
        /// The most bytes of all files.
        let limit: Int64
        /// How long the files that are being written will be.
        let promised: [Digest: Int64]
        /// The room of the disk; `nil` where that does not matter.
        let space: (@Sendable (Folder) -> DiskSpace?)?
    }

    private let folders: [Digest.Algorithm: Folder]

    /// Opens the folders, and removes what nobody has touched for long.
    /// - Returns: `nil` if there are none, and none are to be made.
    init?(at path: String, making: Bool, observer: FileStep.Observer?) throws {
        if making { try StoreFolders.makeFolders(path, mode: 0o700, isDurable: false) }
        guard let root = try Folder.open(at: path, observer: observer) else { return nil }
        var folders: [Digest.Algorithm: Folder] = [:]
        for algorithm in Digest.Algorithm.allCases {
            folders[algorithm] = try root.makeFolder(algorithm.rawValue, mode: 0o700, isDurable: false)
        }
        self.folders = folders
        for item in (try? items()) ?? [] where item.status.idle() > SpoolFolder.maximumAge { _ = try? remove(item) }
    }

    /// Opens the file of a blob, locked.
    /// - Returns: `nil` if it is not there and not to be made, or another process has it, or there is no room for the blob.
    func open(_ blob: Descriptor, making: Bool, room: Room) throws -> SpoolFile? {
        guard let folder = folders[blob.digest.algorithm] else { return nil }
        // The file may be removed by another process between opening and locking it.
        for _ in 0..<8 {
            guard let file = try folder.file(blob.digest.hex, writing: true) else {
                guard making, try makeRoom(for: blob, of: blob.size, in: folder, room) else { return nil }
                try failpoint(.spoolCreate)
                do { _ = try folder.create(blob.digest.hex, mode: 0o600) } catch StoreError.system(_, _, EEXIST) {}
                continue
            }
            guard try file.tryLock() else { return nil }
            let status = try file.status()
            guard status.links > 0 else { continue }
            guard status.size <= blob.size else {
                // Another length belongs to another blob, whatever its name says.
                try folder.remove(blob.digest.hex)
                continue
            }
            file.touch()
            let canGrow = try makeRoom(for: blob, of: blob.size - status.size, in: folder, room)
            return SpoolFile(blob, file, in: folder, length: status.size, canGrow: canGrow)
        }
        return nil
    }

    /// Sees to it that a blob can be kept: the oldest files that nobody uses go first.
    /// - Parameter rest: How many of its bytes are not there yet.
    private func makeRoom(for blob: Descriptor, of rest: Int64, in folder: Folder, _ room: Room) throws -> Bool {
        guard rest > 0 else { return true }
        guard room.space?(folder)?.hasRoom(for: rest) ?? true, blob.size <= room.limit else { return false }
        let items = try items().filter { $0.digest != blob.digest }.sorted { $0.status.modified < $1.status.modified }
        // Sizes that manifests state may be anything.
        var sum = items.reduce(blob.size) { sum, item in
            let (next, overflows) = sum.addingReportingOverflow(max(item.status.size, room.promised[item.digest] ?? 0))
            return overflows ? .max : next
        }
        for item in items where sum > room.limit && room.promised[item.digest] == nil {
            try failpoint(.spoolEvict)
            if try remove(item) { sum -= item.status.size }
        }
        return sum <= room.limit
    }

    private struct Item {
        let digest: Digest
        let folder: Folder
        let status: FileStatus
    }

    private func items() throws -> [Item] {
        var items: [Item] = []
        for (algorithm, folder) in folders {
            try folder.forEachName { name in
                guard let digest = try? Digest("\(algorithm.rawValue):\(name)"), let status = try folder.status(name),
                    status.isRegular
                else { return }
                items.append(Item(digest: digest, folder: folder, status: status))
            }
        }
        return items
    }

    /// Removes a file that nobody has locked.
    private func remove(_ item: Item) throws -> Bool {
        guard let file = try item.folder.file(item.digest.hex, writing: true), try file.tryLock() else { return false }
        return try item.folder.remove(item.digest.hex)
    }
}
