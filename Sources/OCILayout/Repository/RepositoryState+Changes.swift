// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Synchronization
import NIOCore

extension RepositoryState {
    /// How long a change waits for the lock of the repository.
    private static let longestWait: Duration = .seconds(60)
    /// After this long, another process gets a chance.
    private static let longestTurn: Duration = .milliseconds(100)

    /// Changes the repository under its lock; when this returns, the change is durable.
    ///
    /// It is not broken off when the task is cancelled.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (ChangeSession) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let pending = ChangeQueue.Pending(body, continuation)
            if queue.withLock({ $0.add(pending) }) {
                files.submit { self.work($0, since: .now, tries: 0) }
            }
        }
    }

    /// Makes all changes that wait, as long as there are any.
    private func work(_ isActive: Bool, since start: ContinuousClock.Instant, tries: Int) {
        do {
            guard isActive else { throw StoreError.shutDown }
            let own = try ownFiles()
            let turn = ContinuousClock.now
            repeat {
                guard try own.lock.tryLock() else { return try waitForLock(since: start, tries: tries) }
                commit(queue.withLock { $0.takeAll() }, own)
                own.lock.unlock()
                if queue.withLock({ $0.stopIfEmpty() }) { return }
            } while .now - turn < Self.longestTurn
            files.submit(in: .milliseconds(2)) { self.work($0, since: .now, tries: 0) }
        } catch {
            for change in queue.withLock({ $0.stop() }) { change.fail(error) }
        }
    }

    /// Leaves the thread to others for a while, longer each time.
    private func waitForLock(since start: ContinuousClock.Instant, tries: Int) throws {
        guard .now - start < Self.longestWait else { throw StoreError.locked(path: folder.path) }
        files.submit(in: .milliseconds(Int64(min(1 << min(tries, 5), 20)))) {
            self.work($0, since: start, tries: tries + 1)
        }
    }

    private func ownFiles() throws -> OwnFiles {
        try writing.withLock { own in
            if let own { return own }
            let made = try OwnFiles(in: folder)
            own = made
            return made
        }
    }

    private func commit(_ changes: [ChangeQueue.Pending], _ own: OwnFiles) {
        var settlements: [@Sendable ((any Error)?) -> Void] = []
        do {
            let session = try begin(own)
            defer { loaded.withLock { $0.isWriting = false } }
            settlements = changes.map { $0.run(session) }
            try makeDurable(session, own)
            session.clean()
            for settle in settlements { settle(nil) }
            // Nobody waits for this; where it fails, the next change tries again.
            if isRecordLong { try? fold(own) }
        } catch {
            if settlements.isEmpty {
                for change in changes { change.fail(error) }
            } else {
                for settle in settlements { settle(error) }
            }
        }
    }

    private func begin(_ own: OwnFiles) throws -> ChangeSession {
        let session = try ChangeSession(self, own)
        try loaded.withLock { loaded in
            loaded.own = own.folder
            if !loaded.isLoaded || loaded.indexStatus == nil { try complete(own) }
            try catchUp(&loaded)
            loaded.isWriting = true
        }
        return session
    }

    /// Makes what every layout has, where it is missing.
    private func complete(_ own: OwnFiles) throws {
        if try layout.status(LayoutPaths.layoutMarker) == nil {
            let text = Array(LayoutPaths.layoutMarkerText.utf8)
            try layout.replace(LayoutPaths.layoutMarker, with: text, by: LayoutPaths.nextMarker, in: own.folder)
        }
        if try layout.status(LayoutPaths.index) == nil {
            let bytes = RepositoryIndex.emptyBytes
            try layout.replace(LayoutPaths.index, with: bytes, by: LayoutPaths.nextIndex, in: own.folder)
        }
    }

    private func makeDurable(_ session: ChangeSession, _ own: OwnFiles) throws {
        for algorithm in session.changedFolders { try blobFolder(algorithm)?.sync() }
        guard !session.staged.isEmpty else { return }
        try append(session.staged, own)
        loaded.withLock { loaded in
            for change in session.staged { loaded.index.apply(change) }
            count.store(loaded.index.count, ordering: .relaxed)
        }
    }
}
