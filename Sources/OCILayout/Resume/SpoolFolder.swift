// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// A folder in which blobs are kept while they are on their way, so that a copy that was cut or killed does not fetch them
/// twice: `<algorithm>/<hex>`, each with the bytes from the start of the blob that have come so far.
///
/// The bytes are not trusted; whoever uses them hashes them. Nothing is made durable: what a power failure takes, or spoils,
/// is fetched again. The disk is used as far as a bound allows, and where it fails, a blob is only passed on.
public final class SpoolFolder: Sendable {
    /// The most bytes that are kept if nothing else is said.
    public static let defaultLimit: Int64 = 10 << 30
    /// Files that nobody touched for so long are removed, in seconds.
    static let maximumAge: Int64 = 7 * 86_400

    /// What is open, made with the first blob.
    private struct Opened {
        let files: StoreFiles
        var isShutDown = false
    }

    private struct Use {
        let file: SpoolFile
        var count = 0
    }

    private let path: String
    private let limit: Int64
    /// Whether the disk is left enough room for others.
    private let sparesDisk: Bool
    private let observer: FileStep.Observer?
    private let space: @Sendable (Folder) -> DiskSpace?
    private let opened = Mutex<Opened?>(nil)
    /// The files that this process has locked, and how many know each.
    ///
    /// Held only for an instant.
    private let uses = Mutex<[Digest: Use]>([:])
    /// Held while files are opened and removed, on threads for files only.
    private let shelf = Mutex<SpoolShelf?>(nil)

    /// Names a folder, which is made with the first blob.
    /// - Parameters:
    ///   - limit: The most bytes that are kept in it.
    ///   - sparesDisk: Whether blobs are not kept where less than 1 GiB or a twentieth of the disk would stay free.
    public convenience init(at path: String, limit: Int64 = defaultLimit, sparesDisk: Bool = true) {
        self.init(at: path, limit: limit, sparesDisk: sparesDisk, observer: nil, space: \.space)
    }

    init(
        at path: String,
        limit: Int64,
        sparesDisk: Bool,
        observer: FileStep.Observer?,
        space: @escaping @Sendable (Folder) -> DiskSpace?
    ) {
        self.path = path
        self.limit = limit
        self.sparesDisk = sparesDisk
        self.observer = observer
        self.space = space
    }

    /// Ends the threads; blobs are only passed on afterwards.
    public func shutdown() async throws {
        let files = opened.withLock { opened in
            defer { opened?.isShutDown = true }
            return opened?.files
        }
        try await files?.shutDown()
    }

    /// One reading of a blob, as long as it is referred to.
    final class Reading: Sendable {
        let file: SpoolFile
        let turn: SpoolFile.Turn
        /// How many bytes can be read from the file.
        let length: Int64
        let files: StoreFiles
        private let folder: SpoolFolder

        fileprivate init(
            _ file: SpoolFile,
            _ begun: (turn: SpoolFile.Turn, length: Int64),
            _ files: StoreFiles,
            _ folder: SpoolFolder
        ) {
            self.file = file
            turn = begun.turn
            length = begun.length
            self.files = files
            self.folder = folder
        }

        deinit { folder.leave(file) }
    }

    /// Begins to read a blob at an offset; `nil` if it is only to be passed on.
    func read(_ blob: Descriptor, from offset: Int64) async -> Reading? {
        guard let files = threads else { return nil }
        return try? await files.run {
            guard let file = self.enter(blob, making: offset == 0) else { return nil }
            guard let begun = file.begin(at: offset) else {
                self.leave(file)
                return nil
            }
            return Reading(file, begun, files, self)
        }
    }

    /// How many bytes of a blob are kept.
    func kept(of blob: Descriptor) async -> Int64 {
        guard let files = threads else { return 0 }
        let length = try? await files.run { () -> Int64 in
            guard let file = self.enter(blob, making: false) else { return 0 }
            defer { self.leave(file) }
            return min(file.length, blob.size)
        }
        return length ?? 0
    }

    /// Ends a reading that did not begin: nothing is left of it.
    func abandon(_ reading: Reading) async {
        try? await reading.files.run { reading.file.removeIfUnused(reading.turn) }
    }

    /// Lets go of a blob.
    func release(_ blob: Descriptor) async {
        guard let files = threads else { return }
        try? await files.run {
            guard let file = self.enter(blob, making: false) else { return }
            defer { self.leave(file) }
            try failpoint(.spoolRelease)
            file.remove()
        }
    }

    private var threads: StoreFiles? {
        opened.withLock { opened in
            if opened == nil { opened = Opened(files: StoreFiles(threads: 4, observer: observer)) }
            guard let now = opened, !now.isShutDown else { return nil }
            return now.files
        }
    }

    /// The file of a blob, locked; whoever enters is to leave.
    /// - Returns: `nil` if another process has it, or there is none, or no room for it.
    private func enter(_ blob: Descriptor, making: Bool) -> SpoolFile? {
        shelf.withLock { shelf -> SpoolFile? in
            if let file = join(blob.digest) { return file }
            if shelf == nil { shelf = try? SpoolShelf(at: path, making: making, observer: observer) }
            guard let open = shelf, let found = try? open.open(blob, making: making, room: room) else { return nil }
            uses.withLock { $0[blob.digest] = Use(file: found, count: 1) }
            return found
        }
    }

    private func join(_ digest: Digest) -> SpoolFile? {
        uses.withLock { uses -> SpoolFile? in
            // Given up: the next one begins a new file.
            guard let use = uses[digest], !use.file.isGivenUp else { return nil }
            uses[digest]?.count += 1
            return use.file
        }
    }

    private func leave(_ file: SpoolFile) {
        uses.withLock { uses -> Void in
            guard uses[file.digest]?.file === file else { return }
            uses[file.digest]?.count -= 1
            guard uses[file.digest]?.count == 0 else { return }
            uses[file.digest] = nil
            // Here, and not with the last reference: whoever finds it gone must find it unlocked.
            file.file.unlock()
        }
    }

    /// How much may be kept.
    private var room: SpoolShelf.Room {
        SpoolShelf.Room(
            limit: limit,
            promised: uses.withLock { $0.mapValues(\.file.size) },
            space: sparesDisk ? space : nil
        )
    }
}
