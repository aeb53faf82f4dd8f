// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

extension LayoutRepository {
    /// Begins to receive a blob.
    ///
    /// - Parameters:
    ///   - owner: Who does; only the same one finds the upload again.
    ///   - algorithm: What the bytes are hashed with as they arrive; with another one they are hashed at the end.
    public func beginUpload(owner: String = "", algorithm: Digest.Algorithm = .sha256) async throws -> BlobUpload {
        let facts = UploadPlace.Facts(repository: name, owner: owner)
        let place = try await store.files.run { [folders = store.folders] in
            let place = UploadPlace(uploads: try folders.forWriting().uploads, id: .random(), isPart: false)
            try place.make(facts)
            return place
        }
        return BlobUpload(place, into: self, digester: Digester(algorithm))
    }

    /// An upload that was begun; `nil` for one that is unknown, or of another repository or owner.
    public func upload(_ id: UploadID, owner: String = "") async throws -> BlobUpload? {
        let wanted = UploadPlace.Facts(repository: name, owner: owner)
        let place = try await store.files.run { [folders = store.folders] () -> UploadPlace? in
            let place = UploadPlace(uploads: try folders.forWriting().uploads, id: id, isPart: false)
            guard try place.facts() == wanted, try place.open() != nil else { return nil }
            return place
        }
        return place.map { BlobUpload($0, into: self) }
    }

    /// Begins to receive a blob in one go.
    /// - Parameter algorithm: `nil` if the caller knows the digest of the bytes.
    func beginPart(hashing algorithm: Digest.Algorithm?) async throws -> BlobUpload {
        let facts = UploadPlace.Facts(repository: name, owner: "")
        let place = try await store.files.run { [folders = store.folders] in
            let place = UploadPlace(uploads: try folders.forWriting().uploads, id: .random(), isPart: true)
            try place.make(facts)
            return place
        }
        return BlobUpload(place, into: self, digester: algorithm.map { Digester($0) })
    }
}
