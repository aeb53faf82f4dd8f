// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Where an upload can go on: a session that a registry keeps open, and how much of the blob it has acknowledged.
public struct UploadCheckpoint: Hashable, Sendable {
    /// The URL of the session, as it was given last; it is used as it is, and never shown.
    public var location: String
    /// The bytes from the start of the blob that were acknowledged.
    public var offset: Int64

    /// Makes a checkpoint.
    public init(location: String, offset: Int64) {
        self.location = location
        self.offset = offset
    }
}

/// Remembers the open upload sessions of one registry, also over the death of the process.
///
/// It is a hint: what it says is asked of the registry before it is used, and what it forgets costs time only.
public protocol UploadMemory: Sendable {
    /// Where the upload of a blob to a repository can go on, if one is open.
    func checkpoint(of blob: Digest, in repository: RepositoryName) -> UploadCheckpoint?

    /// Notes how far an upload is; `nil` once it has ended, or is lost.
    func note(_ checkpoint: UploadCheckpoint?, of blob: Digest, in repository: RepositoryName)
}
