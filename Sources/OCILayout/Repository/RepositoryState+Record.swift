// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import Synchronization

extension RepositoryState {
    /// A record that is shorter than this is not worth folding.
    private static let shortRecord: Int64 = 64 << 10

    /// Whether the record has grown so long that folding it costs each of its changes only their part.
    var isRecordLong: Bool {
        loaded.withLock { loaded in
            loaded.recordLength > max(Self.shortRecord, loaded.indexStatus?.size ?? 0)
        }
    }

    /// Whether anything stands in the record.
    var isFolded: Bool {
        loaded.withLock { $0.isLoaded && $0.recordLength <= Int64(RepositoryRecord.header.count) && !$0.isRecordLost }
    }

    /// Whether changes stand in the record that the index has not, as far as it was read.
    var hasUnfolded: Bool {
        loaded.withLock { $0.isLoaded && $0.recordLength > Int64(RepositoryRecord.header.count) }
    }

    /// Appends changes durably; under the lock.
    func append(_ changes: [RecordChange], _ own: OwnFiles) throws {
        if loaded.withLock({ $0.isRecordLost }) { try fold(own) }
        let record = try openRecord(own)
        let length = loaded.withLock { $0.recordLength }
        let status = try record.status()
        // A torn line of a writer that is no more: what follows it would not count.
        if status.size > length { try record.truncate(to: length) }
        let lines = changes.flatMap(RepositoryRecord.line)
        do { try record.write(lines, at: length) } catch {
            // Readers drop what does not count; only the room is given back.
            try? record.truncate(to: length)
            throw error
        }
        do { try record.sync() } catch {
            // The system may go on to show bytes that are lost, and would call a second attempt a success.
            loaded.withLock { $0.isRecordLost = true }
            try? fold(own)
            throw error
        }
        let after = try record.status()
        loaded.withLock { loaded in
            loaded.recordLength = length + Int64(lines.count)
            loaded.recordStatus = after
        }
    }

    /// The record to append to, made where it is missing.
    private func openRecord(_ own: OwnFiles) throws -> OpenFile {
        if let record = try own.folder.file(LayoutPaths.record, writing: true) { return record }
        try renewRecord(own)
        guard let record = try own.folder.file(LayoutPaths.record, writing: true) else {
            throw StoreError.system(.open, path: own.folder.below(LayoutPaths.record), errno: ENOENT)
        }
        return record
    }

    private func renewRecord(_ own: OwnFiles) throws {
        try own.folder.replace(LayoutPaths.record, with: RepositoryRecord.header, by: LayoutPaths.nextRecord)
        let record = try own.folder.file(LayoutPaths.record)
        let status = try record?.status()
        loaded.withLock { loaded in
            loaded.record = record
            loaded.recordStatus = status
            loaded.recordLength = Int64(RepositoryRecord.header.count)
            loaded.isRecordLost = false
        }
    }

    /// Writes the whole index and begins a new record; under the lock.
    ///
    /// The index first: until the record is replaced, too, its changes are made once more on reading, which changes
    /// nothing.
    func fold(_ own: OwnFiles) throws {
        let bytes = loaded.withLock { $0.index }.bytes()
        try layout.replace(LayoutPaths.index, with: bytes, by: LayoutPaths.nextIndex, in: own.folder)
        let status = try layout.status(LayoutPaths.index)
        loaded.withLock { $0.indexStatus = status }
        try renewRecord(own)
    }
}
