// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file of a journal that this process has locked.
///
/// It has one owner.
struct JournalFile: Sendable {
    private let folder: Folder
    private let name: String
    private let file: OpenFile
    /// How many bytes count; what a failed write left behind them is overwritten by the next one.
    private var length: Int64
    /// How many changes were written.
    private(set) var lines = 0

    private init(_ name: String, _ file: OpenFile, in folder: Folder, length: Int64) {
        self.name = name
        self.file = file
        self.folder = folder
        self.length = length
    }

    /// Makes a new file.
    /// - Throws: ``StoreError`` where that cannot be.
    static func make(in folder: Folder) throws -> JournalFile {
        // Whoever adopts may see the file before it is locked, and take it for one that was left; then another is made.
        for _ in 0..<8 {
            let name = UploadID.random().text
            let file = try folder.create(name, mode: 0o600)
            guard try file.tryLock(), try file.status().links > 0 else { continue }
            var journal = JournalFile(name, file, in: folder, length: 0)
            do { try journal.write(UploadRecord.header) } catch {
                journal.remove()
                throw error
            }
            return journal
        }
        throw StoreError.locked(path: folder.path)
    }

    /// Opens a file whose process is no more; `nil` if that lives, or another process was faster.
    static func open(_ name: String, in folder: Folder) throws -> JournalFile? {
        guard let file = try folder.file(name, writing: true), try file.tryLock() else { return nil }
        let status = try file.status()
        guard status.links > 0 else { return nil }
        return JournalFile(name, file, in: folder, length: status.size)
    }

    /// What the file says; nothing if it is longer than any journal.
    func read() -> UploadTable {
        var table = UploadTable()
        guard length <= UploadRecord.maximumSize, let bytes = try? file.read(Int(length), at: 0) else { return table }
        for record in UploadRecord.read(bytes) { table.apply(record) }
        return table
    }

    /// Appends lines.
    mutating func append(_ bytes: [UInt8]) throws {
        try write(bytes)
        lines += 1
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        do { try file.write(bytes, at: length) } catch {
            try? file.truncate(to: length)
            throw error
        }
        length += Int64(bytes.count)
    }

    /// Removes the file, and lets go of it.
    func remove() {
        _ = try? folder.remove(name)
        unlock()
    }

    func unlock() { file.unlock() }
}
