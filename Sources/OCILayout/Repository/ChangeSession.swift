// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization

/// One or more changes of a repository under its lock, made durable in one go.
///
/// Sees what is there with what has been changed in it so far. Used by one thread.
final class ChangeSession {
    let state: RepositoryState
    let content: ContentFolder
    let uploads: Folder
    private(set) var staged: [RecordChange] = []
    private var manifests: [Digest: ManifestEntry?] = [:]
    private var tags: [TagName: Digest?] = [:]
    private(set) var changedFolders: Set<Digest.Algorithm> = []
    private var afterwards: [() -> Void] = []
    /// Files that go once the changes are durable; for what comes later in the session they are gone already.
    private var doomed: Set<Digest> = []
    private let own: OwnFiles

    init(_ state: RepositoryState, _ own: OwnFiles) throws {
        self.state = state
        self.own = own
        let folders = try state.folders.forWriting()
        content = folders.content
        uploads = folders.uploads
    }

    /// Makes one change; when it throws, nothing of it stays staged.
    func attempt<Value>(_ body: (ChangeSession) throws -> Value) throws -> Value {
        let before = (staged, manifests, tags, doomed)
        let count = afterwards.count
        do { return try body(self) } catch {
            (staged, manifests, tags, doomed) = before
            afterwards.removeLast(afterwards.count - count)
            throw error
        }
    }

    func manifest(_ digest: Digest) -> ManifestEntry? {
        if let changed = manifests[digest] { return changed }
        return state.loaded.withLock { $0.index.manifests[digest] }
    }

    func digest(of tag: TagName) -> Digest? {
        if let changed = tags[tag] { return changed }
        return state.loaded.withLock { $0.index.tags[tag]?.digest }
    }

    /// The whole index, with what has been changed so far.
    func index() -> RepositoryIndex {
        staged.reduce(into: state.loaded.withLock { $0.index }) { $0.apply($1) }
    }

    func stage(_ change: RecordChange) {
        staged.append(change)
        switch change {
        case .put(let entry, let names):
            manifests[entry.digest] = .some(entry)
            for name in names { tags[name] = .some(entry.digest) }
        case .untag(let name): tags[name] = .some(nil)
        case .remove(let digest):
            manifests[digest] = .some(nil)
            for name in state.loaded.withLock({ $0.index.tags(of: digest) }) where tags[name] == nil {
                tags[name] = .some(nil)
            }
            for (name, target) in tags where target == digest { tags[name] = .some(nil) }
        }
    }

    /// Folds the record, unless nothing stands in it.
    ///
    /// What is staged so far comes into the new record.
    func fold() throws {
        if !state.isFolded { try state.fold(own) }
    }

    /// Removes what is doomed, and does what was to be done afterwards.
    func clean() {
        for digest in doomed { try? unlink(digest) }
        for algorithm in Set(doomed.map(\.algorithm)) { try? state.blobFolder(algorithm)?.sync() }
        for body in afterwards { body() }
    }

    /// Has work done once the changes are durable; what goes wrong there only leaves garbage.
    func afterwards(_ body: @escaping () -> Void) { afterwards.append(body) }

    /// The facts of a file of the repository, whatever it is a blob or a manifest of.
    func file(_ digest: Digest) throws -> FileStatus? {
        guard !doomed.contains(digest), let folder = try state.blobFolder(digest.algorithm),
            let status = try folder.status(digest.hex)
        else {
            return nil
        }
        guard status.isRegular else { throw StoreError.unexpectedFile(path: folder.below(digest.hex)) }
        return status
    }

    /// Whether the repository has the content as a blob.
    func hasBlob(_ digest: Digest) throws -> Bool {
        if let manifest = manifest(digest), !manifest.isBlob { return false }
        return try file(digest) != nil
    }

    /// Links content of the store into the repository.
    /// - Parameter isDamaged: Whether what the repository has of it is known to have the wrong bytes.
    /// - Returns: Whether the store has it.
    func link(_ digest: Digest, isDamaged: Bool = false) throws -> Bool {
        guard let folder = try state.blobFolder(digest.algorithm, making: true) else { return false }
        changedFolders.insert(digest.algorithm)
        guard try content.link(digest, into: folder, isDamaged: isDamaged) else { return false }
        doomed.remove(digest)
        return true
    }

    /// Has a file of the repository removed once the changes are durable: what points to it must go first.
    func doom(_ digest: Digest) { doomed.insert(digest) }

    /// Removes a file from the repository.
    func unlink(_ digest: Digest) throws {
        guard let folder = try state.blobFolder(digest.algorithm) else { return }
        changedFolders.insert(digest.algorithm)
        try folder.remove(digest.hex)
    }
}
