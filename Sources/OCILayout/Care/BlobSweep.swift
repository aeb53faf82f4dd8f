// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Finds content that nothing points to, and removes it if told to.
///
/// Safe while others read and write: what was written, linked or asked for within the grace period stays, and every
/// repository is swept under its lock. Broken off anywhere, it leaves garbage and nothing else.
public struct BlobSweep: Sendable {
    /// How long content is safe after it was last written, linked or asked for, in seconds.
    public static let defaultGrace: Int64 = 3600
    /// How long the bytes of an upload that nobody can resume are safe, in seconds.
    private static let partGrace: Int64 = 86_400

    /// What a sweep found.
    public struct Report: Hashable, Sendable {
        /// The repositories that were looked at.
        public var repositories = 0
        /// Manifests without a tag that nothing points to.
        public var manifests = 0
        /// Blobs of repositories that no manifest points to; one that three repositories have counts three times.
        public var blobs = 0
        /// Files of the content folder that no repository has.
        public var contents = 0
        /// The bytes of those files: what is won.
        public var bytes: Int64 = 0
        /// Uploads that were broken off and cannot be resumed.
        public var uploads = 0
        /// Repositories that were left alone, because a manifest in them cannot be read; by the first such manifest.
        public var skipped: [RepositoryName: Digest] = [:]
        /// Whether what was found was removed.
        public var isRemoved = false
    }

    private let store: LayoutStore
    private let grace: Int64
    private let keepsUntagged: Bool
    private let removes: Bool

    /// Prepares a sweep.
    ///
    /// - Parameters:
    ///   - grace: How long content is safe after it was last used, in seconds.
    ///   - keepsUntagged: Whether manifests stay that have no tag and that nothing points to; somebody may pull them by
    ///     digest.
    ///   - removes: Whether what is found is removed; otherwise nothing is changed.
    public init(
        of store: LayoutStore,
        grace: Int64 = defaultGrace,
        keepsUntagged: Bool = true,
        removes: Bool = false
    ) {
        self.store = store
        self.grace = grace
        self.keepsUntagged = keepsUntagged
        self.removes = removes
    }

    /// Sweeps all repositories, then the content that they share.
    ///
    /// - Throws: `CancellationError` between two repositories, and ``StoreError``.
    public func run() async throws -> Report {
        var report = Report()
        report.isRemoved = removes
        var freed: [Digest: Int] = [:]
        try await store.forEachRepository { name in
            report.repositories += 1
            guard let found = try await sweep(name) else { return }
            if let unreadable = found.unreadable { report.skipped[name] = unreadable }
            report.manifests += found.manifests.count
            report.blobs += found.blobs.count
            for digest in found.manifests + found.blobs { freed[digest, default: 0] += 1 }
        }
        try await sweepContents(freed, &report)
        report.uploads = try await sweepParts()
        return report
    }

    /// Sweeps one repository.
    private func sweep(_ name: RepositoryName) async throws -> RepositorySweep.Found? {
        let sweep = RepositorySweep(grace: grace, keepsUntagged: keepsUntagged)
        // Most manifests are read before the lock is taken, so that nobody waits for that.
        let links = try await store.read(name) { try sweep.links(of: $0.read { $0 }, in: $0, known: [:]) }
        guard let links else { return nil }
        guard removes else {
            return try await store.read(name) { try sweep.find($0.read { $0 }, in: $0, known: links) }
        }
        return try await store.change(name, making: false) { session in
            let found = try sweep.find(session.index(), in: session.state, known: links)
            for digest in found.manifests { session.stage(.remove(digest)) }
            for digest in found.manifests + found.blobs { session.doom(digest) }
            return found
        }
    }

    /// Removes content that only the content folder has.
    /// - Parameter freed: How many links each repository sweep removed, or would have.
    private func sweepContents(_ freed: [Digest: Int], _ report: inout Report) async throws {
        for (algorithm, folder) in store.folders.content?.folders ?? [:] {
            for spread in 0..<256 {
                try Task.checkCancellation()
                let name = String(spread + 256, radix: 16).dropFirst()
                let (count, bytes) = try await store.files.run { [grace, removes] in
                    try folder.folder(String(name))
                        .map { try Self.sweep($0, of: algorithm, freed, grace: grace, removes: removes) } ?? (0, 0)
                }
                report.contents += count
                report.bytes += bytes
            }
        }
    }

    private static func sweep(
        _ folder: Folder,
        of algorithm: Digest.Algorithm,
        _ freed: [Digest: Int],
        grace: Int64,
        removes: Bool
    ) throws -> (Int, Int64) {
        var (count, bytes) = (0, Int64(0))
        let now = FileStatus.Instant.now
        try folder.forEachName { name in
            guard let digest = try? Digest("\(algorithm.rawValue):\(name)"), let status = try folder.status(name),
                status.isRegular
            else { return }
            let links = removes ? status.links : status.links - (freed[digest] ?? 0)
            // A repository that links the file meanwhile keeps it: its own name for it stays.
            guard links == 1, status.idle(at: now) > grace else { return }
            count += 1
            bytes += status.size
            if removes { try folder.remove(name) }
        }
        if removes, count > 0 { try folder.sync() }
        return (count, bytes)
    }

    private func sweepParts() async throws -> Int {
        var count = 0
        for upload in try await store.openUploads() where upload.repository == nil && !upload.isBusy {
            let limit = max(grace, Self.partGrace)
            guard upload.idleSeconds > limit else { continue }
            if removes, try await !store.removeUpload(upload.id, idleFor: limit) { continue }
            count += 1
        }
        return count
    }
}
