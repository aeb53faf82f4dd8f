// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import OCI
import OCIContent

/// A blob that is being received, in one part or many, also across restarts of the program.
///
/// One task at a time may write; another one meets ``StoreError/uploadBusy(_:)``.
public struct BlobUpload: Sendable {
    private let target: LayoutRepository
    let place: UploadPlace
    private let progress: UploadProgress

    init(_ place: UploadPlace, into target: LayoutRepository, digester: Digester? = nil) {
        self.place = place
        self.target = target
        progress = target.store.uploads.progress(of: place.id, digester: digester)
    }

    /// The name of the upload.
    public var id: UploadID { place.id }
    /// The repository that the blob will be in.
    public var repository: RepositoryName { target.name }

    private var files: StoreFiles { target.store.files }

    /// The bytes that have arrived.
    public func size() async throws -> Int64 {
        try await files.run { [place] in
            guard let opened = try place.open() else { throw StoreError.uploadGone(place.id) }
            return try opened.file.status().size
        }
    }

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
        try progress.begin(id)
        defer { progress.end() }
        let (file, size) = try await open()
        // Not left to the last reference: a thread may still hold that.
        defer { file.unlock() }
        if let offset, offset != size { throw StoreError.uploadOffset(id, size: size) }
        var writer = UploadWriter(file, at: size, digester: progress.digester(at: size), files: files)
        do {
            for try await buffer in bytes {
                guard writer.taken + Int64(buffer.readableBytes) <= limit else {
                    throw StoreError.uploadTooLarge(id, limit: limit)
                }
                try await writer.take(buffer)
            }
            try await writer.finish()
        } catch {
            try? await writer.finish()
            progress.keep(writer.digester, at: writer.position)
            throw error
        }
        progress.keep(writer.digester, at: writer.position)
        return writer.position
    }

    /// Ends the upload: when this returns, the blob is in the repository and durable.
    ///
    /// Whatever it throws except ``StoreError/uploadBusy(_:)``, the upload is gone.
    /// - Returns: The length of the blob.
    /// - Throws: ``StoreError/wrongDigest(expected:actual:)`` for other bytes.
    @discardableResult
    public func commit(as digest: Digest) async throws -> Int64 { try await commit(as: digest, isVerified: false) }

    /// - Parameter isVerified: Whether the bytes are known to have the digest.
    @discardableResult
    func commit(as digest: Digest, isVerified: Bool) async throws -> Int64 {
        try progress.begin(id)
        do {
            let (file, size) = try await open()
            if !isVerified {
                let actual = try await hash(file, size: size, with: digest.algorithm)
                guard actual == digest else { throw StoreError.wrongDigest(expected: digest, actual: actual) }
            }
            try await place(file, as: digest, size: size)
            leave()
            return size
        } catch let error as StoreError where error == .uploadBusy(id) {
            progress.end()
            throw error
        } catch {
            // Also where the disk failed: the system may go on to show bytes that are lost.
            try? await files.run { [place] in try place.remove() }
            leave()
            throw error
        }
    }

    /// Forgets the upload and its bytes.
    public func cancel() async throws {
        try progress.begin(id)
        do {
            try await files.run { [place] in try place.remove() }
        } catch {
            progress.end()
            throw error
        }
        leave()
    }

    private func leave() {
        progress.end(isGone: true)
        target.store.uploads.forget(id)
    }

    /// Opens the bytes for writing by this process alone.
    private func open() async throws -> (file: OpenFile, size: Int64) {
        try await files.run { [place] in
            guard let file = try place.open()?.file else { throw StoreError.uploadGone(place.id) }
            guard try file.tryLock() else { throw StoreError.uploadBusy(place.id) }
            return (file, try file.status().size)
        }
    }

    private func hash(_ file: OpenFile, size: Int64, with algorithm: Digest.Algorithm) async throws -> Digest {
        if let actual = progress.digester(at: size)?.digest(), actual.algorithm == algorithm { return actual }
        return try await files.digest(of: file, size: size, algorithm: algorithm)
    }

    /// Makes the bytes content of the store, and a blob of the repository.
    private func place(_ file: OpenFile, as digest: Digest, size: Int64) async throws {
        let damage = try await target.damage(of: digest, size: size)
        let adopt: @Sendable () throws -> Void = { [place, folders = target.store.folders] in
            guard let opened = try place.open() else { throw StoreError.uploadGone(place.id) }
            let content = try folders.forWriting().content
            try content.adopt(
                file,
                named: opened.name,
                in: opened.folder,
                as: digest,
                size: size,
                isDamaged: damage.isShared
            )
        }
        try await files.run(adopt)
        _ = try await target.store.change(target.name) { [place] session in
            if try !session.addBlob(digest, isDamaged: damage.isOwn) {
                // A sweep was faster.
                try adopt()
                guard try session.addBlob(digest, isDamaged: damage.isOwn) else { throw ContentError.missing(digest) }
            }
            session.afterwards { try? place.remove() }
        }
    }
}
