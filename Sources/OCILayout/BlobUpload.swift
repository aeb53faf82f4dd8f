// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import OCI

/// A blob that is being received, in one part or many, also across restarts of the program.
///
/// One task at a time may write; another one meets ``StoreError/uploadBusy(_:)``.
public final class BlobUpload: Sendable {
    /// The name of the upload.
    public let id: UploadID
    /// The repository that the blob will be in.
    public let repository: RepositoryName

    init(id: UploadID, repository: RepositoryName) {
        self.id = id
        self.repository = repository
    }

    /// The bytes that have arrived.
    public func size() async throws -> Int64 { throw StoreError.shutDown }

    /// Takes in bytes behind those that are there; what has arrived stays, also when the sequence throws.
    ///
    /// - Parameters:
    ///   - offset: Where the bytes belong; anything but the end is refused with ``StoreError/uploadOffset(_:size:)``,
    ///     before a byte is read.
    ///   - limit: The most bytes that the upload may have; beyond them it throws
    ///     ``StoreError/uploadTooLarge(_:limit:)``.
    /// - Returns: The bytes that have arrived in all.
    @discardableResult
    public func append<Bytes: AsyncSequence>(
        _ bytes: Bytes,
        at offset: Int64? = nil,
        limit: Int64 = .max
    ) async throws -> Int64 where Bytes.Element == ByteBuffer {
        throw StoreError.shutDown
    }

    /// Ends the upload: when this returns, the blob is in the repository and durable.
    ///
    /// Whatever it throws except ``StoreError/uploadBusy(_:)``, the upload is gone.
    /// - Returns: The length of the blob.
    /// - Throws: ``StoreError/wrongDigest(expected:actual:)`` for other bytes.
    @discardableResult
    public func commit(as digest: Digest) async throws -> Int64 { throw StoreError.shutDown }

    /// Forgets the upload and its bytes.
    public func cancel() async throws { throw StoreError.shutDown }
}
