// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCILayout
import Synchronization

/// Counts the uploads that are open, so that nobody fills the disk with beginnings.
///
/// What it does not know of, because another process began it, counts when it is next seen.
final class UploadLedger: Sendable {
    private struct Entry {
        var client: String
        var bytes: Int64
    }

    private struct State {
        var entries: [UploadID: Entry] = [:]
        var byClient: [String: Int] = [:]
        /// Places that were promised to uploads which are just being begun.
        var promised = 0
        var bytes: Int64 = 0
    }

    private let limits: ServerLimits
    private let state = Mutex(State())

    init(_ limits: ServerLimits) { self.limits = limits }

    /// The uploads that are open.
    var count: Int { state.withLock { $0.entries.count } }

    /// Begins an upload for a client.
    /// - Throws: ``RegistryFault`` 429 where it has too many, or all clients together have.
    func begin(for client: String, _ begin: () async throws -> BlobUpload) async throws -> BlobUpload {
        try reserve(client)
        do {
            let upload = try await begin()
            state.withLock { state in
                state.promised -= 1
                state.entries[upload.id] = Entry(client: client, bytes: 0)
            }
            return upload
        } catch {
            state.withLock { state in
                state.promised -= 1
                Self.release(client, &state)
            }
            throw error
        }
    }

    /// Notes that an upload is over.
    func end(_ id: UploadID) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: id) else { return }
            state.bytes -= entry.bytes
            Self.release(entry.client, &state)
        }
    }

    /// Takes note of bytes of an upload.
    /// - Throws: ``RegistryFault`` 429 where all uploads together have too many.
    func add(_ count: Int, to id: UploadID) throws(RegistryFault) {
        let fits = state.withLock { state in
            let (sum, overflow) = state.bytes.addingReportingOverflow(Int64(count))
            guard !overflow, sum <= limits.uploadBytes else { return false }
            state.bytes = sum
            state.entries[id]?.bytes += Int64(count)
            return true
        }
        guard fits else { throw RegistryFault.tooMany("the open uploads have too many bytes").closing }
    }

    /// Replaces what is known by what is there.
    func adopt(_ uploads: [OpenUpload]) {
        state.withLock { state in
            let there = Set(uploads.map(\.id))
            for upload in uploads where state.entries[upload.id] == nil {
                state.entries[upload.id] = Entry(client: upload.owner, bytes: upload.size)
                state.byClient[upload.owner, default: 0] += 1
                state.bytes += upload.size
            }
            for (id, entry) in state.entries where !there.contains(id) {
                state.entries[id] = nil
                state.bytes -= entry.bytes
                Self.release(entry.client, &state)
            }
        }
    }

    private func reserve(_ client: String) throws(RegistryFault) {
        let isBeyond = state.withLock { state in
            guard state.entries.count + state.promised < limits.uploads,
                state.byClient[client, default: 0] < limits.uploadsPerClient
            else { return true }
            state.promised += 1
            state.byClient[client, default: 0] += 1
            return false
        }
        if isBeyond { throw .tooMany("too many uploads are open") }
    }

    private static func release(_ client: String, _ state: inout State) {
        let left = state.byClient[client, default: 1] - 1
        state.byClient[client] = left > 0 ? left : nil
    }
}
