// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// What a process remembers of an upload: who writes to it, and the hash of its bytes so far.
final class UploadProgress: Sendable {
    private struct State {
        var isBusy = false
        var isGone = false
        var digester: Digester?
        var hashed: Int64 = 0
    }

    private let state: Mutex<State>

    init(digester: Digester?) { state = Mutex(State(digester: digester)) }

    var isBusy: Bool { state.withLock { $0.isBusy } }

    /// Takes the right to write.
    func begin(_ id: UploadID) throws {
        try state.withLock { state in
            if state.isGone { throw StoreError.uploadGone(id) }
            if state.isBusy { throw StoreError.uploadBusy(id) }
            state.isBusy = true
        }
    }

    /// Gives the right to write back.
    /// - Parameter isGone: Whether there is nothing to write to any more.
    func end(isGone: Bool = false) {
        state.withLock { state in
            state.isBusy = false
            state.isGone = state.isGone || isGone
        }
    }

    /// The hash of the first `size` bytes, if it is known.
    func digester(at size: Int64) -> Digester? { state.withLock { $0.hashed == size ? $0.digester : nil } }

    func keep(_ digester: Digester?, at size: Int64) {
        state.withLock { state in
            state.digester = digester
            state.hashed = size
        }
    }
}

/// The uploads that this process has seen lately; what is forgotten here is only hashed again.
final class LiveUploads: Sendable {
    private static let maximum = 2000
    private let uploads = Mutex<[UploadID: UploadProgress]>([:])

    /// What is remembered of an upload.
    /// - Parameter digester: For an upload that has no bytes yet.
    func progress(of id: UploadID, digester: Digester? = nil) -> UploadProgress {
        uploads.withLock { uploads in
            if let progress = uploads[id] { return progress }
            if uploads.count >= Self.maximum, let idle = uploads.first(where: { !$0.value.isBusy }) {
                uploads[idle.key] = nil
            }
            let progress = UploadProgress(digester: digester)
            uploads[id] = progress
            return progress
        }
    }

    func known(_ id: UploadID) -> UploadProgress? { uploads.withLock { $0[id] } }

    func forget(_ id: UploadID) { uploads.withLock { $0[id] = nil } }
}
