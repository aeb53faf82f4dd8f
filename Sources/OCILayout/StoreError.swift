// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
public import OCI
public import OCIContent

/// What went wrong in a store, as facts.
public enum StoreError: Error, Hashable, Sendable {
    /// The system refused.
    case system(FileOperation, path: String, errno: Int32)
    /// The folder holds something else than a store.
    case notAStore(path: String)
    /// A later version of the program wrote the store.
    case unsupportedVersion(path: String, version: Int)
    /// Something else than a regular file or folder stands there: a symbolic link, a pipe, a device.
    case unexpectedFile(path: String)
    /// A file of the store says nothing that can be understood.
    case damaged(path: String, reason: String)
    /// A manifest points to content that the repository does not have.
    case missing(blobs: [Digest], manifests: [Digest])
    /// The bytes have another digest than was said.
    case wrongDigest(expected: Digest, actual: Digest)
    /// A manifest of the repository points to the content, which therefore stays.
    case inUse(Digest, by: Digest)
    /// The upload is over: committed, cancelled, purged, or damaged by a disk that lost bytes.
    case uploadGone(UploadID)
    /// Another request is writing to the upload.
    case uploadBusy(UploadID)
    /// The bytes are to be written elsewhere than the upload ends.
    case uploadOffset(UploadID, size: Int64)
    /// The upload has more bytes than it may have.
    case uploadTooLarge(UploadID, limit: Int64)
    /// The store was opened for reading only.
    case readingOnly(path: String)
    /// Another process holds the lock of the repository for too long.
    case locked(path: String)
    /// The store was shut down.
    case shutDown

    /// What the system was asked for.
    public enum FileOperation: String, Hashable, Sendable {
        /// Opens a file or folder.
        case open
        /// Reads bytes or a folder.
        case read
        /// Writes bytes.
        case write
        /// Makes bytes or a folder durable.
        case sync
        /// Makes a folder.
        case makeFolder
        /// Gives a file a further name.
        case link
        /// Gives a file another name.
        case rename
        /// Removes a name.
        case remove
        /// Cuts a file.
        case truncate
        /// Asks for the facts of a file, or changes them.
        case stat
        /// Locks a file.
        case lock
    }

    /// Whether there is no room left on the disk, or in the quota.
    public var isOutOfSpace: Bool {
        if case .system(_, _, let code) = self { [ENOSPC, EDQUOT, EFBIG].contains(code) } else { false }
    }

    /// Whether the disk cannot be written to.
    public var isReadOnly: Bool {
        switch self {
        case .system(_, _, let code): code == EROFS
        case .readingOnly: true
        default: false
        }
    }
}

extension StoreError: MissingReferencesError {
    /// Whether a manifest was refused because what it points to is not there.
    public var isAboutMissingReferences: Bool { if case .missing = self { true } else { false } }
}
