// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// A bundle as a place to read from: one file with the images of many repositories, and nothing unpacked.
public final class BundleEndpoint: SourceEndpoint {
    /// The file, or the volumes without their numbers.
    public let path: String
    /// What the place is called: `bundle:FILE`.
    public var name: String { "bundle:\(path)" }
    /// What it holds.
    public var contents: BundleContents { file.map.contents }

    /// The full names of the repositories that have no name here.
    public let leftOut: [String]
    /// The images, by the names of their repositories here.
    public let images: [(repository: RepositoryName, targets: [Target])]

    private let file: BundleFile
    private let files: StoreFiles
    private let shelves: [RepositoryName: BundleShelf]

    private init(
        _ path: String,
        _ file: BundleFile,
        _ files: StoreFiles,
        _ rename: (BundleContents.Repository) throws -> RepositoryName?
    ) throws {
        self.path = path
        self.file = file
        self.files = files
        let names = try BundleNames(file.map.contents.repositories, rename)
        leftOut = names.leftOut
        shelves = names.named.mapValues { BundleShelf($0) }
        images = names.named.sorted { $0.key < $1.key }
            .map { name, repository in
                (name, repository.roots.map { root in root.tag.map { .tag($0) } ?? .digest(root.manifest.digest) })
            }
    }

    /// Opens a bundle, and checks everything but the bytes of its pieces, which are hashed when they are read.
    ///
    /// End it with ``shutdown()``.
    /// - Parameter rename: What a repository is called here; `nil` leaves it out. Without it, the path is the name, and the registry
    ///   is left away.
    /// - Throws: ``ArchiveError``, ``StoreError``.
    public static func open(
        _ set: VolumeSet,
        rename: @Sendable (BundleContents.Repository) throws -> RepositoryName? = { $0.name }
    ) async throws -> BundleEndpoint {
        let files = StoreFiles(threads: 4)
        do {
            let file = try await files.run { try BundleFile(try ArchiveBytes(set)) }
            return try BundleEndpoint(set.path, file, files, rename)
        } catch {
            try await files.shutDown()
            throw error
        }
    }

    /// The same for a path; see ``VolumeSet/init(at:)``.
    public static func open(
        at path: String,
        rename: @Sendable (BundleContents.Repository) throws -> RepositoryName? = { $0.name }
    ) async throws -> BundleEndpoint {
        try await open(try VolumeSet(at: path), rename: rename)
    }

    /// What is signed: the first document, which says what every other byte must be.
    public var signedBytes: [UInt8] { file.map.contentsBytes }

    /// What is known of a bundle without its pieces.
    public struct Summary: Sendable {
        /// The file, or the volumes without their numbers.
        public let path: String
        /// What it holds.
        public let contents: BundleContents
        /// What is signed.
        public let signedBytes: [UInt8]
    }

    /// What a bundle says that it holds, after everything but the bytes of its pieces has been checked.
    /// - Throws: ``ArchiveError``, ``StoreError``.
    public static func summary(of set: VolumeSet) async throws -> Summary {
        let files = StoreFiles(threads: 1)
        let summary: Result<Summary, any Error>
        do {
            let map = try await files.run { try BundleFile(try ArchiveBytes(set)).map }
            summary = .success(Summary(path: set.path, contents: map.contents, signedBytes: map.contentsBytes))
        } catch { summary = .failure(error) }
        try await files.shutDown()
        return try summary.get()
    }

    /// The names of the repositories, in order, on one page.
    public func catalog() -> Pages<RepositoryName> { Pages(shelves.keys.sorted()) }

    /// One repository of it; one that it does not have is empty.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        let empty = BundleContents.Repository(host: nil, name: repository)
        return BundleRepository(shelf: shelves[repository] ?? BundleShelf(empty), file: file, files: files)
    }

    /// Ends the threads of the bundle; everything else throws afterwards.
    public func shutdown() async throws { try await files.shutDown() }
}
