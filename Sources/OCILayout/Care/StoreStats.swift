// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// How much is in a store.
public struct StoreStats: Hashable, Sendable {
    /// Repositories with at least one manifest.
    public private(set) var repositories = 0
    /// Tags of all repositories.
    public private(set) var tags = 0
    /// Manifests of all repositories.
    public private(set) var manifests = 0
    /// Blobs of all repositories; one that three repositories have counts three times.
    public private(set) var blobs = 0
    /// The bytes of all content on the disk, each file once.
    public private(set) var bytesOnDisk: Int64 = 0
    /// What the content would have if every repository kept its own.
    public private(set) var bytesWithoutSharing: Int64 = 0
    /// Uploads that are open.
    public private(set) var uploads = 0
    /// The bytes that they have received.
    public private(set) var uploadBytes: Int64 = 0

    /// Counts all of a store; changes nothing.
    /// - Throws: `CancellationError` between two folders, and ``StoreError``.
    public init(of store: LayoutStore) async throws {
        for (algorithm, folder) in store.folders.content?.folders ?? [:] {
            for spread in 0..<256 {
                try Task.checkCancellation()
                let name = String(String(spread + 256, radix: 16).dropFirst())
                bytesOnDisk += try await store.files.run {
                    try folder.folder(name).map { try Self.files(in: $0, of: algorithm).reduce(0) { $0 + $1.size } }
                        ?? 0
                }
            }
        }
        var counts = StoreStats()
        try await store.forEachRepository { name in
            if let found = try await store.read(name, { try Self.count($0) }) { counts.add(found) }
        }
        add(counts)
        for upload in try await store.openUploads() {
            uploads += 1
            uploadBytes += upload.size
        }
    }

    private init() {}

    private mutating func add(_ other: StoreStats) {
        repositories += other.repositories
        tags += other.tags
        manifests += other.manifests
        blobs += other.blobs
        bytesOnDisk += other.bytesOnDisk
        bytesWithoutSharing += other.bytesWithoutSharing
    }

    private static func count(_ state: RepositoryState) throws -> StoreStats {
        var stats = StoreStats()
        (stats.tags, stats.manifests) = try state.read { ($0.tags.count, $0.manifests.count) }
        stats.repositories = stats.manifests > 0 ? 1 : 0
        let only = try state.read { Set($0.manifests.values.filter { !$0.isBlob }.map(\.digest)) }
        for algorithm in Digest.Algorithm.allCases {
            guard let folder = try state.blobFolder(algorithm) else { continue }
            for file in try files(in: folder, of: algorithm) {
                if !only.contains(file.digest) { stats.blobs += 1 }
                stats.bytesWithoutSharing += file.size
                // Another tool's file, or a copy where no link could be made.
                if try state.folders.content?.status(file.digest)?.inode != file.inode {
                    stats.bytesOnDisk += file.size
                }
            }
        }
        return stats
    }

    private static func files(
        in folder: Folder,
        of algorithm: Digest.Algorithm
    ) throws -> [(digest: Digest, size: Int64, inode: UInt64)] {
        var files: [(Digest, Int64, UInt64)] = []
        try folder.forEachName { name in
            guard let digest = try? Digest("\(algorithm.rawValue):\(name)"), let status = try folder.status(name),
                status.isRegular
            else { return }
            files.append((digest, status.size, status.inode))
        }
        return files
    }
}
