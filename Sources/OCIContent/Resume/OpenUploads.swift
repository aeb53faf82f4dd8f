// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import Synchronization

/// Remembers open uploads as long as the process lives.
public final class OpenUploads: UploadMemory {
    private struct Key: Hashable {
        let blob: Digest
        let repository: RepositoryName
    }

    private let known = Mutex<[Key: UploadCheckpoint]>([:])

    /// Makes an empty memory.
    public init() {}

    /// See ``UploadMemory/checkpoint(of:in:)``.
    public func checkpoint(of blob: Digest, in repository: RepositoryName) -> UploadCheckpoint? {
        known.withLock { $0[Key(blob: blob, repository: repository)] }
    }

    /// See ``UploadMemory/note(_:of:in:)``.
    public func note(_ checkpoint: UploadCheckpoint?, of blob: Digest, in repository: RepositoryName) {
        known.withLock { $0[Key(blob: blob, repository: repository)] = checkpoint }
    }
}
