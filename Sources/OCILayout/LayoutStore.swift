// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// A folder with many repositories, each a valid OCI image layout of its own.
///
/// Several tasks and several processes may use one store at the same time. ``LayoutPaths`` draws it.
public final class LayoutStore: SourceEndpoint, SinkEndpoint {
    /// What a store is opened for.
    public enum Purpose: Hashable, Sendable {
        /// To read only: nothing is made or changed.
        case reading
        /// To read and write.
        case writing
    }

    /// The folder.
    public let path: String
    /// What the place is called: `layout:DIR`.
    public var name: String { "layout:\(path)" }

    init(path: String) { self.path = path }

    /// Opens a store, and makes it where the folder is missing or empty, unless it is for reading only.
    ///
    /// End it with ``shutdown()``.
    /// - Throws: ``StoreError/notAStore(path:)`` for a folder that holds something else.
    public static func open(at path: String, for purpose: Purpose = .writing) async throws -> LayoutStore {
        throw StoreError.shutDown
    }

    /// The names of the repositories that have at least one manifest, in order.
    public func catalog() -> Pages<RepositoryName> { Pages([]) }

    /// The names of repositories behind `after` in bytewise order, at most `limit`.
    public func repositories(after: RepositoryName?, limit: Int) async throws -> [RepositoryName] {
        throw StoreError.shutDown
    }

    /// One repository of it, with all that it can do.
    public func repository(_ name: RepositoryName) -> LayoutRepository { LayoutRepository(name: name, store: self) }

    /// One repository of it, to read.
    public func source(_ repository: RepositoryName) -> any ContentSource { self.repository(repository) }

    /// One repository of it, to write.
    public func sink(_ repository: RepositoryName) -> any ContentSink { self.repository(repository) }

    /// Folds the records that were appended to through this store, so that other tools see all tags.
    public func finish() async throws {}

    /// Folds the records, and ends the threads of the store; everything else throws afterwards.
    public func shutdown() async throws {}

    /// The uploads that are open, in no order, at most `limit`.
    public func openUploads(limit: Int = 100_000) async throws -> [OpenUpload] { throw StoreError.shutDown }

    /// Removes an upload, unless somebody is writing to it or it received bytes within `idleSeconds`.
    /// - Returns: Whether it was removed.
    public func removeUpload(_ id: UploadID, idleFor idleSeconds: Int64 = 0) async throws -> Bool {
        throw StoreError.shutDown
    }
}
