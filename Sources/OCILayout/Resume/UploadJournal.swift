// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
public import OCI
public import OCIContent
import Synchronization

/// Remembers the open upload sessions of one registry over the death of the process: a folder for the registry, and in it a
/// file for each process, which holds its lock as long as it lives.
///
/// What a process has left open is adopted by the next one that asks: entries are written into its own file, and the other
/// file is removed. So two processes never share a session. Nothing is made durable, because it is only a hint: after a power
/// failure an upload begins anew. Where nothing can be written, the memory is that of the process.
///
/// Locations may say what a registry keeps in them, so the files are for their owner alone. Calls make a small write at most,
/// except for the first one, which looks into the folder.
public final class UploadJournal: UploadMemory {
    /// How many lines a file gets before it is written anew, if most of them are past.
    private static let longFile = 1024
    /// How many files are adopted at once; there are more only where something goes wrong all the time.
    private static let maximumFiles = 256

    private struct State {
        /// `nil` as long as nothing had to be written.
        var folder: Folder?
        /// Whether the folder was asked for, and could not be made.
        var isUnwritable = false
        var file: JournalFile?
        /// Files whose entries are to be in the own file; locked until they are, or two processes would share a session.
        var past: [JournalFile] = []
        var table = UploadTable()
        /// Whether the file lacks a change that could not be written.
        var isBehind = false
    }

    private let path: String
    private let observer: FileStep.Observer?
    private let now: @Sendable () -> Int64
    private let state = Mutex<State?>(nil)

    /// Names the folder of a registry, which is made when something is noted.
    public convenience init(at path: String) {
        self.init(at: path, observer: nil, now: { FileStatus.Instant.now.seconds })
    }

    init(at path: String, observer: FileStep.Observer?, now: @escaping @Sendable () -> Int64) {
        self.path = path
        self.observer = observer
        self.now = now
    }

    deinit { close() }

    /// See ``UploadMemory/checkpoint(of:in:)``; a note of more than seven days ago does not count.
    public func checkpoint(of blob: Digest, in repository: RepositoryName) -> UploadCheckpoint? {
        withState { state in
            let upload = state.table.uploads[RememberedUpload.Key(blob: blob, repository: repository)]
            return upload.flatMap { UploadTable.isFresh($0, at: now()) ? $0.checkpoint : nil }
        }
    }

    /// See ``UploadMemory/note(_:of:in:)``.
    public func note(_ checkpoint: UploadCheckpoint?, of blob: Digest, in repository: RepositoryName) {
        let key = RememberedUpload.Key(blob: blob, repository: repository)
        withState { state in
            // An upload that nobody knew has not to be ended.
            if checkpoint == nil, state.table.uploads[key] == nil { return }
            let record =
                checkpoint.map { UploadRecord.open(RememberedUpload(key: key, checkpoint: $0, noted: now())) }
                ?? .ended(key)
            state.table.apply(record)
            write(record, &state)
        }
    }

    /// Lets go of the file; it stays only if something is open, which another process may then adopt.
    ///
    /// What is noted afterwards begins a new file.
    public func close() {
        state.withLock { state in
            guard let open = state.take() else { return }
            let isAnyOpen = open.table.uploads.values.contains { UploadTable.isFresh($0, at: now()) }
            // Unlocked before the last reference: a program that is just being started still has all descriptors.
            for file in open.past + [open.file].compactMap(\.self) { isAnyOpen ? file.unlock() : file.remove() }
        }
    }

    private func withState<Value>(_ body: (inout State) -> Value) -> Value {
        state.withLock { state in
            var open = state.take() ?? load()
            defer { state = open }
            return body(&open)
        }
    }

    private func write(_ record: UploadRecord, _ state: inout State) {
        guard let folder = folder(for: &state) else { return }
        do {
            try failpoint(.journalAppend)
            if state.isBehind || state.file == nil {
                try rewrite(&state, in: folder)
            } else if let line = record.line {
                try state.file?.append(line)
            } else {
                // What the file says of the upload is no longer so.
                try state.file?.append(UploadRecord.ended(record.key).line ?? [])
            }
            let lines = state.file?.lines ?? 0
            if lines > max(Self.longFile, 4 * state.table.uploads.count) { try rewrite(&state, in: folder) }
            state.isBehind = false
        } catch {
            // A full disk may have room again at the next note.
            state.isBehind = true
        }
    }

    /// Begins a new file with what is open now, and removes the one so far.
    private func rewrite(_ state: inout State, in folder: Folder) throws {
        if state.file != nil { try failpoint(.journalRewrite) }
        var file = try JournalFile.make(in: folder)
        do { try file.append(Self.lines(of: state.table)) } catch {
            file.remove()
            throw error
        }
        for file in state.past + [state.file].compactMap(\.self) { file.remove() }
        state.past = []
        state.file = file
    }

    private static func lines(of table: UploadTable) -> [UInt8] {
        table.uploads.values.flatMap { UploadRecord.open($0).line ?? [] }
    }

    private func folder(for state: inout State) -> Folder? {
        if state.folder == nil, !state.isUnwritable {
            try? StoreFolders.makeFolders(path, mode: 0o700, isDurable: false)
            state.folder = try? Folder.open(at: path, observer: observer)
            state.isUnwritable = state.folder == nil
        }
        return state.folder
    }

    private func load() -> State {
        guard let folder = try? Folder.open(at: path, observer: observer) else { return State(folder: nil) }
        var state = State(folder: folder)
        // One process at a time, or two could adopt what a third one was killed in adopting. Who comes second has none.
        guard let lock = try? folder.tryLock() else { return state }
        defer { lock.unlock() }
        state.past = Self.filesLeft(in: folder)
        for file in state.past { state.table.adopt(file.read(), at: now()) }
        do {
            if !state.past.isEmpty { try failpoint(.journalAdopt) }
            if !state.table.uploads.isEmpty { try rewrite(&state, in: folder) }
            for file in state.past { file.remove() }
            state.past = []
        } catch {
            state.isBehind = true
        }
        return state
    }

    /// The files of processes that are no more, locked.
    private static func filesLeft(in folder: Folder) -> [JournalFile] {
        var names: [String] = []
        try? folder.forEachName { name in
            if names.count < maximumFiles, UploadID(name) != nil { names.append(name) }
        }
        return names.compactMap { try? JournalFile.open($0, in: folder) }
    }
}
