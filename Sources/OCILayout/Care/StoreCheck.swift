// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// Reads all content of a store and says what is damaged; moves that away if told to.
///
/// Safe while others read and write.
public struct StoreCheck: Sendable {
    /// How many mistakes of a kind are named; the rest is only counted.
    public static let maximumNamed = 1000

    /// What a check found.
    public struct Report: Hashable, Sendable {
        /// The files that were read.
        public internal(set) var files = 0
        /// Their bytes.
        public internal(set) var bytes: Int64 = 0
        /// The tags whose content was looked for.
        public internal(set) var tags = 0
        /// Content whose bytes are not what its name says, by repository; `nil` for the shared folder.
        public internal(set) var damaged: [Damage] = []
        /// How many there are, also of those that are not named.
        public internal(set) var damagedCount = 0
        /// Tags that point to what is missing or damaged.
        public internal(set) var broken: [BrokenTag] = []
        /// How many there are, also of those that are not named.
        public internal(set) var brokenCount = 0
        /// Repositories whose index cannot be read.
        public internal(set) var unreadable: [RepositoryName: StoreError] = [:]
        /// Whether damaged files were moved to the quarantine.
        public internal(set) var isQuarantined = false

        /// Whether nothing was found.
        public var isSound: Bool { damagedCount == 0 && brokenCount == 0 && unreadable.isEmpty }
    }

    /// A file whose bytes are not what its name says.
    public struct Damage: Hashable, Sendable {
        /// Its name.
        public let digest: Digest
        /// The repository that has it; `nil` for the folder that all share.
        public let repository: RepositoryName?
    }

    /// A tag that cannot be pulled.
    public struct BrokenTag: Hashable, Sendable {
        /// The repository.
        public let repository: RepositoryName
        /// The tag.
        public let tag: TagName
        /// What is missing or damaged, the first that was found.
        public let digest: Digest
    }

    private let store: LayoutStore
    private let quarantines: Bool

    /// Prepares a check.
    /// - Parameter quarantines: Whether damaged files are moved to the folder `quarantine` of the store, and their links
    ///   removed; otherwise nothing is changed.
    public init(of store: LayoutStore, quarantines: Bool = false) {
        self.store = store
        self.quarantines = quarantines
    }

    /// Reads all content, then looks at what every tag points to.
    /// - Throws: `CancellationError`, and ``StoreError``.
    public func run() async throws -> Report {
        var report = Report()
        report.isQuarantined = quarantines
        let damaged = try await checkContents(&report)
        try await store.forEachRepository { name in
            do { try await check(name, damaged: damaged, &report) } catch let error as StoreError {
                guard case .damaged = error else { throw error }
                report.unreadable[name] = error
            }
        }
        return report
    }

    /// Reads the folder that all repositories share.
    /// - Returns: What is damaged, by inode, so that its links are known.
    private func checkContents(_ report: inout Report) async throws -> [UInt64: Digest] {
        var damaged: [UInt64: Digest] = [:]
        for (algorithm, folder) in store.folders.content?.folders ?? [:] {
            for spread in 0..<256 {
                let name = String(String(spread + 256, radix: 16).dropFirst())
                guard let inner = try await store.files.run({ try folder.folder(name) }) else { continue }
                for file in try await files(in: inner, of: algorithm) {
                    if try await isSound(file, in: inner, &report) { continue }
                    damaged[file.status.inode] = file.digest
                    report.add(Damage(digest: file.digest, repository: nil))
                    if quarantines { try await quarantine(file, in: inner) }
                }
            }
        }
        return damaged
    }

    private func check(_ name: RepositoryName, damaged: [UInt64: Digest], _ report: inout Report) async throws {
        var bad: Set<Digest> = []
        for algorithm in Digest.Algorithm.allCases {
            guard let folder = try await store.read(name, { try $0.blobFolder(algorithm) }) ?? nil else { continue }
            for file in try await files(in: folder, of: algorithm) {
                if damaged[file.status.inode] != nil {
                    bad.insert(file.digest)
                } else if try await isShared(file) {
                    continue
                } else if try await !isSound(file, in: folder, &report) {
                    bad.insert(file.digest)
                    if quarantines { try await quarantine(file, in: folder) }
                } else {
                    continue
                }
                report.add(Damage(digest: file.digest, repository: name))
                if quarantines { try await unlink(file, of: name) }
            }
        }
        try await checkTags(of: name, bad: bad, &report)
    }

    /// Whether the file is the one of the shared folder, which has been read already.
    private func isShared(_ file: CheckedFile) async throws -> Bool {
        try await store.files.run { [folders = store.folders] in
            try folders.content?.status(file.digest)?.inode == file.status.inode
        }
    }

    private func checkTags(of name: RepositoryName, bad: Set<Digest>, _ report: inout Report) async throws {
        let found = try await store.read(name) { state -> (count: Int, broken: [BrokenTag]) in
            let closure = TagClosure(state, bad: bad)
            let tags = try state.read { index in
                index.sortedTags.map { TagEntry(tag: $0, digest: index.tags[$0]?.digest) }
            }
            let broken = try tags.compactMap { entry -> BrokenTag? in
                guard let digest = entry.digest, let missing = try closure.firstMissing(of: digest) else { return nil }
                return BrokenTag(repository: name, tag: entry.tag, digest: missing)
            }
            return (tags.count, broken)
        }
        report.tags += found?.count ?? 0
        for tag in found?.broken ?? [] { report.add(tag) }
    }
}

extension StoreCheck.Report {
    fileprivate mutating func add(_ damage: StoreCheck.Damage) {
        damagedCount += 1
        if damaged.count < StoreCheck.maximumNamed { damaged.append(damage) }
    }

    fileprivate mutating func add(_ tag: StoreCheck.BrokenTag) {
        brokenCount += 1
        if broken.count < StoreCheck.maximumNamed { broken.append(tag) }
    }
}

/// A file that a check looks at.
private struct CheckedFile: Sendable {
    let digest: Digest
    let status: FileStatus
}

extension StoreCheck {
    private func files(in folder: Folder, of algorithm: Digest.Algorithm) async throws -> [CheckedFile] {
        try await store.files.run {
            var files: [CheckedFile] = []
            try folder.forEachName { name in
                guard let digest = try? Digest("\(algorithm.rawValue):\(name)"), let status = try folder.status(name)
                else { return }
                files.append(CheckedFile(digest: digest, status: status))
            }
            return files
        }
    }

    private func isSound(_ checked: CheckedFile, in folder: Folder, _ report: inout Report) async throws -> Bool {
        guard checked.status.isRegular else { return false }
        // Swept or removed since it was listed.
        guard let file = try await store.files.run({ try folder.file(checked.digest.hex) }) else { return true }
        report.files += 1
        report.bytes += checked.status.size
        do {
            let algorithm = checked.digest.algorithm
            return try await store.files.digest(of: file, size: checked.status.size, algorithm: algorithm)
                == checked.digest
        } catch StoreError.system(.read, _, _) {
            // A sector that cannot be read.
            return false
        } catch StoreError.damaged {
            return false
        }
    }

    /// Moves a file away, unless another one has its name by now.
    private func quarantine(_ checked: CheckedFile, in folder: Folder) async throws {
        try await store.files.run { [folders = store.folders] in
            _ = try folders.forWriting()
            let quarantine = try folders.root.makeFolder(LayoutPaths.quarantine, mode: 0o700)
            guard try folder.status(checked.digest.hex)?.inode == checked.status.inode else { return }
            let name = "\(checked.digest.algorithm.rawValue)-\(checked.digest.hex)-\(UploadID.random())"
            try quarantine.rename(checked.digest.hex, from: folder, as: name)
            try quarantine.sync()
            try folder.sync()
        }
    }

    /// Removes a link of a damaged file from a repository, unless a good one has taken its place.
    private func unlink(_ checked: CheckedFile, of name: RepositoryName) async throws {
        _ = try await store.change(name, making: false) { session in
            if try session.file(checked.digest)?.inode == checked.status.inode { try session.unlink(checked.digest) }
        }
    }
}
