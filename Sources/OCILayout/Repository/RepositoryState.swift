// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// One repository while it is in use: its folders, held open, and its index in memory.
///
/// All calls block: they belong on ``StoreFiles``.
final class RepositoryState: Sendable {
    /// The index with what it was read from.
    struct Loaded {
        var index = RepositoryIndex()
        var isLoaded = false
        var indexStatus: FileStatus?
        /// Held open, so that no other record can get its inode.
        var record: OpenFile?
        var recordStatus: FileStatus?
        /// How many bytes of the record count.
        var recordLength: Int64 = 0
        /// While this process writes, what stands in the record may not be durable yet.
        var isWriting = false
        /// A record that could not be made durable is given up, not written to.
        var isRecordLost = false
        var own: Folder?
    }

    let name: RepositoryName
    let files: StoreFiles
    let folders: StoreFolders
    let folder: Folder
    let layout: Folder
    let loaded = Mutex(Loaded())
    let queue = Mutex(ChangeQueue())
    let writing = Mutex<OwnFiles?>(nil)
    /// The entries of the index, for whoever bounds the memory.
    let count = Atomic<Int>(0)
    private let blobFolders = Mutex<[Digest.Algorithm: Folder]>([:])

    /// Opens a repository; `nil` if it does not exist and is not to be made.
    init?(_ name: RepositoryName, in folders: StoreFolders, files: StoreFiles, making: Bool) throws {
        guard var folder = making ? try folders.forWriting().repositories : folders.repositories else { return nil }
        for component in name.components {
            guard
                let next = making ? try folder.makeFolder(String(component)) : try folder.folder(String(component))
            else { return nil }
            folder = next
        }
        guard let layout = making ? try folder.makeFolder(LayoutPaths.layout) : try folder.folder(LayoutPaths.layout)
        else { return nil }
        self.name = name
        self.files = files
        self.folders = folders
        self.folder = folder
        self.layout = layout
    }

    /// Whether somebody has removed the folder meanwhile.
    var isRemoved: Bool { (try? layout.isRemoved()) ?? true }

    /// The folder of blobs of one algorithm; `nil` if there is none and none is to be made.
    func blobFolder(_ algorithm: Digest.Algorithm, making: Bool = false) throws -> Folder? {
        try blobFolders.withLock { open in
            if let folder = open[algorithm] { return folder }
            let blobs = making ? try layout.makeFolder(LayoutPaths.blobs) : try layout.folder(LayoutPaths.blobs)
            let name = algorithm.rawValue
            let folder = making ? try blobs?.makeFolder(name) : try blobs?.folder(name)
            open[algorithm] = folder
            return folder
        }
    }

    /// Asks the index, which is brought up to date with what other processes have written.
    func read<Value: Sendable>(_ body: (RepositoryIndex) throws -> Value) throws -> Value {
        try loaded.withLock { loaded in
            if !loaded.isWriting { try catchUp(&loaded) }
            return try body(loaded.index)
        }
    }

    /// Brings the index up to date: not at all if nothing changed, by the tail of a record that has grown, or anew.
    func catchUp(_ loaded: inout Loaded) throws {
        if loaded.own == nil { loaded.own = try folder.folder(LayoutPaths.own) }
        let recordStatus = try loaded.own?.status(LayoutPaths.record)
        let indexStatus = try layout.status(LayoutPaths.index)
        if loaded.isLoaded, indexStatus == loaded.indexStatus {
            if recordStatus == loaded.recordStatus { return }
            if let recordStatus, recordStatus.inode == loaded.recordStatus?.inode,
                try readTail(&loaded, recordStatus)
            {
                return
            }
        }
        try reload(&loaded)
    }

    private func readTail(_ loaded: inout Loaded, _ status: FileStatus) throws -> Bool {
        guard let record = loaded.record, status.size > loaded.recordLength,
            status.size <= RepositoryRecord.maximumSize
        else { return false }
        let bytes = try record.read(Int(status.size - loaded.recordLength), at: loaded.recordLength)
        let reading = RepositoryRecord.read(lines: bytes[...])
        // Nothing readable where something was appended: what was read before may have been taken back since.
        if reading.changes.isEmpty { return false }
        for change in reading.changes { loaded.index.apply(change) }
        loaded.recordLength += Int64(reading.length)
        loaded.recordStatus = status
        count.store(loaded.index.count, ordering: .relaxed)
        return true
    }

    private func reload(_ loaded: inout Loaded) throws {
        for _ in 0..<10 {
            // The record first: while the index is replaced before the record, an older record changes nothing in a
            // newer index, and a newer record never meets an older index.
            let record = try loaded.own?.read(LayoutPaths.record, limit: RepositoryRecord.maximumSize)
            let index = try layout.read(LayoutPaths.index, limit: RepositoryIndex.maximumSize)
            // Replaced meanwhile: its end may be missing in what was read of it.
            if let record, try loaded.own?.status(LayoutPaths.record)?.inode != record.status.inode { continue }
            try take(index: index, record: record, into: &loaded)
            return
        }
        throw StoreError.locked(path: folder.path)
    }

    private typealias Contents = (bytes: [UInt8], status: FileStatus, file: OpenFile)

    private func take(index: Contents?, record: Contents?, into loaded: inout Loaded) throws {
        let path = layout.below(LayoutPaths.index)
        var fresh = RepositoryIndex()
        if let index {
            do { fresh = try RepositoryIndex(parsing: index.bytes) } catch {
                throw StoreError.damaged(path: path, reason: "is no JSON at byte \(error.offset)")
            }
        }
        loaded.recordLength = 0
        if let record {
            guard let reading = RepositoryRecord.read(record.bytes) else {
                throw StoreError.damaged(path: record.file.path, reason: "does not begin as a record")
            }
            for change in reading.changes { fresh.apply(change) }
            loaded.recordLength = Int64(reading.length)
        }
        loaded.index = fresh
        loaded.indexStatus = index?.status
        loaded.record = record?.file
        loaded.recordStatus = record?.status
        loaded.isLoaded = true
        count.store(fresh.count, ordering: .relaxed)
    }
}
