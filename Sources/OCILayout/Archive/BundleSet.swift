// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// Several bundles as one place to read from: a repository has what any of them says that it has.
///
/// The bundles stand in the order in which they were made: where a tag is in several, the last one counts. A digest is looked for in
/// all of them, since a bundle need not bring again what an earlier one, or another of its repositories, has brought.
public final class BundleSet: Sendable {
    /// The bundles with repositories that have no name here, by their paths, with the full names of these.
    public let leftOut: [(path: String, names: [String])]
    /// The names of the repositories that have a manifest, sorted.
    private let names: [RepositoryName]
    private let shelves: [RepositoryName: BundleShelf]
    let pieces: [Digest: ArchivePiece]
    let files: StoreFiles

    private init(_ found: Findings, _ files: StoreFiles) {
        leftOut = found.leftOut
        names = found.repositories.filter { !$0.value.manifests.isEmpty }.keys.sorted()
        shelves = found.repositories.mapValues { BundleShelf($0) }
        pieces = found.pieces
        self.files = files
    }

    /// Opens bundles, the oldest first, and checks their lengths and documents; pieces are hashed when they are read.
    ///
    /// End it with ``shutdown()``.
    /// - Parameters:
    ///   - sets: The files of each bundle.
    ///   - rename: What a repository is called here; `nil` leaves it out.
    /// - Throws: ``ArchiveError``, also where something is left out that none of the bundles has; ``StoreError``.
    public static func open(
        _ sets: [VolumeSet],
        rename: @escaping @Sendable (BundleContents.Repository) throws -> RepositoryName?
    ) async throws -> BundleSet {
        let files = StoreFiles()
        do {
            let found = try await files.run {
                var found = Findings()
                for set in sets { try found.add(set, rename) }
                try found.check()
                return found
            }
            return BundleSet(found, files)
        } catch {
            try await files.shutDown()
            throw error
        }
    }

    /// What bundles hold, put together while they are opened; of each only this is kept.
    private struct Findings {
        var repositories: [RepositoryName: BundleContents.Repository] = [:]
        /// Where the repositories came from, by their names here.
        private var fullNames: [RepositoryName: String] = [:]
        var pieces: [Digest: ArchivePiece] = [:]
        var leftOut: [(path: String, names: [String])] = []

        mutating func add(
            _ set: VolumeSet,
            _ rename: (BundleContents.Repository) throws -> RepositoryName?
        ) throws {
            // Who pulls does not read by headers, and a server starts again without a minute of looking at them.
            let file = try BundleFile(try ArchiveBytes(set), checksHeaders: false)
            let names = try BundleNames(file.map.contents.repositories, rename)
            if !names.leftOut.isEmpty { leftOut.append((set.path, names.leftOut)) }
            for (name, repository) in names.named {
                if let other = fullNames.updateValue(repository.fullName, forKey: name), other != repository.fullName {
                    throw ArchiveError.sameName(name, [other, repository.fullName])
                }
                repositories[name, default: BundleContents.Repository(host: nil, name: name)].append(repository)
            }
            // The first one stays: a later bundle cannot spoil what an earlier one brought.
            for digest in file.map.pieces.keys where pieces[digest] == nil { pieces[digest] = file.piece(digest) }
        }

        /// Whoever pulls would find out otherwise what a bundle leaves out.
        func check() throws {
            var missing: Set<Digest> = []
            for repository in repositories.values {
                let needed = repository.blobs.map(\.digest) + repository.manifests.map(\.digest)
                missing.formUnion(needed.lazy.filter { pieces[$0] == nil })
            }
            if !missing.isEmpty { throw ArchiveError.leftOut(missing.count) }
        }
    }

    /// The names of the repositories with at least one manifest behind `after` in bytewise order, at most `limit`.
    public func repositories(after: RepositoryName?, limit: Int) async throws -> [RepositoryName] {
        Array(names.elements(behind: after, limit: limit))
    }

    /// One repository, which need not exist.
    public func repository(_ name: RepositoryName) -> BundleSetRepository {
        BundleSetRepository(shelf: shelves[name], bundles: self)
    }

    /// Ends the threads; everything else throws afterwards.
    public func shutdown() async throws { try await files.shutDown() }
}

extension BundleContents.Repository {
    /// Takes over what a later bundle says of the same repository.
    fileprivate mutating func append(_ later: Self) {
        roots += later.roots
        manifests += later.manifests
        blobs += later.blobs
        references += later.references
    }
}
