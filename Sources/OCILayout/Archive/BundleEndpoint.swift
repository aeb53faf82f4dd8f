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
    /// - Parameters:
    ///   - verify: Told the first document, which says what every other byte must be, before anything of it is believed.
    ///   - rename: What a repository is called here; `nil` leaves it out. Without it, the path is the name, and the registry
    ///     is left away.
    /// - Throws: ``ArchiveError``, ``StoreError``, and what `verify` and `rename` throw.
    public static func open(
        _ set: VolumeSet,
        verify: @escaping @Sendable ([UInt8]) throws -> Void = { _ in },
        rename: @Sendable (BundleContents.Repository) throws -> RepositoryName? = { $0.name }
    ) async throws -> BundleEndpoint {
        let files = StoreFiles(threads: 4)
        do {
            let file = try await files.run { try BundleFile(try ArchiveBytes(set), verify: verify) }
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

    /// What a bundle says that it holds, after everything but the bytes of its pieces has been checked.
    /// - Parameter verify: Told the first document, before anything of it is believed.
    /// - Throws: ``ArchiveError``, ``StoreError``, and what `verify` throws.
    public static func contents(
        of set: VolumeSet,
        verify: @escaping @Sendable ([UInt8]) throws -> Void = { _ in }
    ) async throws -> BundleContents {
        let files = StoreFiles(threads: 1)
        let contents: Result<BundleContents, any Error>
        do {
            contents = .success(
                try await files.run { try BundleFile(try ArchiveBytes(set), verify: verify).map.contents }
            )
        } catch { contents = .failure(error) }
        try await files.shutDown()
        return try contents.get()
    }

    /// The names of the repositories, in order, on one page.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { Pages(shelves.keys.sorted()) }

    /// One repository of it; one that it does not have is empty.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        let empty = BundleContents.Repository(host: nil, name: repository)
        return BundleRepository(shelf: shelves[repository] ?? BundleShelf(empty), file: file, files: files)
    }

    /// Ends the threads of the bundle; everything else throws afterwards.
    public func shutdown() async throws { try await files.shutDown() }
}
