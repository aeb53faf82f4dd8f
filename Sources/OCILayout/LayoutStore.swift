// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent
import Synchronization

/// A folder with many repositories, each a valid OCI image layout of its own.
///
/// Several tasks and several processes may use one store at the same time. `LayoutPaths` draws it.
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

    let files: StoreFiles
    let folders: StoreFolders
    let states: StateTable
    let uploads = LiveUploads()
    /// The repositories whose records this store has appended to, since they were folded.
    private let changed = Mutex<Set<RepositoryName>>([])
    /// The repositories whose records were found unfolded, as a process that was killed leaves them.
    private let unfolded = Mutex<Set<RepositoryName>>([])

    private init(path: String, files: StoreFiles, folders: StoreFolders, states: StateTable) {
        self.path = path
        self.files = files
        self.folders = folders
        self.states = states
    }

    /// Opens a store, and makes it where the folder is missing or empty, unless it is for reading only.
    ///
    /// End it with ``shutdown()``.
    /// - Throws: ``StoreError/notAStore(path:)`` for a folder that holds something else.
    public static func open(at path: String, for purpose: Purpose = .writing) async throws -> LayoutStore {
        try await open(at: path, for: purpose, observer: FileStep.failpoints)
    }

    static func open(
        at path: String,
        for purpose: Purpose = .writing,
        maximumStates: Int = StateTable.maximumStates,
        observer: FileStep.Observer?
    ) async throws -> LayoutStore {
        let files = StoreFiles(observer: observer)
        do {
            let folders = try await files.run {
                try StoreFolders(path: path, isWritable: purpose == .writing, observer: observer)
            }
            let states = StateTable(folders: folders, files: files, maximumStates: maximumStates)
            return LayoutStore(path: path, files: files, folders: folders, states: states)
        } catch {
            try await files.shutDown()
            throw error
        }
    }

    /// One repository of it, with all that it can do.
    public func repository(_ name: RepositoryName) -> LayoutRepository { LayoutRepository(name: name, store: self) }

    /// One repository of it, to read.
    public func source(_ repository: RepositoryName) -> any ContentSource { self.repository(repository) }

    /// One repository of it, to write.
    public func sink(_ repository: RepositoryName) -> any ContentSink { self.repository(repository) }

    /// Folds the records that were appended to through this store, or found unfolded, so that other tools see all tags.
    public func finish() async throws {
        let found = unfolded.withLock { unfolded in
            defer { unfolded = [] }
            return unfolded
        }
        changed.withLock { $0.formUnion(found) }
        try await fold()
    }

    private func fold() async throws {
        var failure: (any Error)?
        for name in changed.withLock({ $0 }) {
            do {
                guard let state = try await files.run({ [states] in try states.state(of: name, making: false) }) else {
                    changed.withLock { _ = $0.remove(name) }
                    continue
                }
                changed.withLock { _ = $0.remove(name) }
                try await state.change { try $0.fold() }
            } catch {
                changed.withLock { _ = $0.insert(name) }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Folds the records that were appended to, and ends the threads of the store; everything else throws afterwards.
    public func shutdown() async throws {
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await fold()) } catch { outcome = .failure(error) }
        try await files.shutDown()
        if case .failure(let error) = outcome, !Self.isShutDown(error) { throw error }
    }

    private static func isShutDown(_ error: any Error) -> Bool { error as? StoreError == .shutDown }

    /// Asks a repository in one go on a thread for files; `nil` if it does not exist.
    func read<Value: Sendable>(
        _ name: RepositoryName,
        _ body: @escaping @Sendable (RepositoryState) throws -> Value
    ) async throws -> Value? {
        try await files.run { [self] in
            guard let state = try states.state(of: name, making: false) else { return nil }
            let value = try body(state)
            if folders.isWritable, state.hasUnfolded { unfolded.withLock { _ = $0.insert(name) } }
            return value
        }
    }

    /// Changes a repository under its lock, durably; see ``RepositoryState/change(_:)``.
    /// - Returns: `nil` if it does not exist and is not to be made.
    func change<Value: Sendable>(
        _ name: RepositoryName,
        making: Bool = true,
        _ body: @escaping @Sendable (ChangeSession) throws -> Value
    ) async throws -> Value? {
        let state = try await files.run { [states, folders] in
            _ = try folders.forWriting()
            return try states.state(of: name, making: making)
        }
        guard let state else { return nil }
        changed.withLock { _ = $0.insert(name) }
        return try await state.change(body)
    }
}
