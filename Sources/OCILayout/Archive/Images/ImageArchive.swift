// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent
import Synchronization

/// An archive that another tool wrote as a place to read from: images in one file, and nothing unpacked.
public final class ImageArchive: SourceEndpoint {
    /// What the place is called: `oci-archive:FILE`.
    public let name: String
    private let content: ArchiveContent
    private let files: StoreFiles
    private let format: ArchiveFormat

    private init(_ format: ArchiveFormat, _ path: String, _ content: ArchiveContent, _ files: StoreFiles) {
        self.format = format
        name = Place.archive(format, path).description
        self.content = content
        self.files = files
    }

    /// Opens an archive and reads what it lists; content is hashed when it is read.
    ///
    /// End it with ``shutdown()``.
    /// - Parameter scratch: A folder, which must be there, for what a compressed archive becomes; it needs as much room as that.
    /// - Throws: ``ArchiveError``, ``StoreError``, `ContentError` for a configuration under a wrong name; `CancellationError`.
    public static func open(
        _ format: ArchiveFormat,
        at path: String,
        scratch: String
    ) async throws -> ImageArchive {
        let files = StoreFiles(threads: 4)
        let interruption = Interruption()
        do {
            let content = try await withTaskCancellationHandler {
                try await files.run {
                    let bytes = try ArchiveBytes(at: path)
                        .decompressed(in: scratch, isCancelled: { interruption.isSet })
                    return switch format {
                    case .oci: try OCIArchive.content(of: bytes, isCancelled: { interruption.isSet })
                    case .docker: try DockerArchive.content(of: bytes, isCancelled: { interruption.isSet })
                    }
                }
            } onCancel: {
                interruption.set()
            }
            return ImageArchive(format, path, content, files)
        } catch {
            try await files.shutDown()
            throw error
        }
    }

    /// The names of the repositories, in order, on one page; an OCI archive may have none but one without a name.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        guard format == .docker || !content.shelves.isEmpty else {
            return Pages { [name] in { throw CatalogUnavailable(place: name) } }
        }
        return Pages(content.shelves.keys.sorted())
    }

    /// One repository of it; one that it does not have is empty.
    ///
    /// All images go by the name of the one repository of a layout, unless a repository of the archive is called so.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        let isWhole = format == .oci && repository == Place.onlyRepository && content.shelves[repository] == nil
        return ArchiveRepository(
            content: ArchiveShelf(archive: content, name: isWhole ? nil : repository),
            files: files
        )
    }

    /// Ends the threads of the archive; everything else throws afterwards.
    public func shutdown() async throws { try await files.shutDown() }
}

/// Tells blocking work that nobody waits for it any more.
private final class Interruption: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
