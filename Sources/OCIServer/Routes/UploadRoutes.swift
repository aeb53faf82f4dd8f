// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import OCI
import OCILayout

/// `/v2/<name>/blobs/uploads/` and what is below (distribution-spec, "Pushing blobs").
///
/// The address of an upload says nothing about its state, so that a client can go on with it after any interruption.
struct UploadRoutes: Sendable {
    let served: ServedPlace
    let name: RepositoryName

    /// Begins an upload, mounts a blob, or takes in a whole blob in one request.
    func begin(_ request: RegistryRequest) async throws -> RegistryResponse {
        try request.allow("POST", [.post])
        let query = request.query
        if let mount = try query.single("mount"), try await self.mount(mount, request) {
            return try created(RequestPath.digest(mount))
        }
        let digest = try query.single("digest").map(RequestPath.digest)
        let algorithm = try digest?.algorithm ?? algorithm(query)
        let client = request.uploadClient
        let repository = try served.writable(name)
        let upload = try await served.ledger.begin(for: client) {
            try await repository.beginUpload(owner: request.principal.owner, algorithm: algorithm)
        }
        // A client that says the digest and sends nothing wants to go on with PUT.
        guard let digest, !request.body.isEmpty || digest.isOfNothing else { return accepted(upload, size: 0) }
        do {
            try await append(request, to: upload, at: 0)
        } catch {
            // The client does not know the upload, so nobody can go on with it.
            try? await upload.cancel()
            served.ledger.end(upload.id)
            throw error
        }
        return try await commit(upload, as: digest)
    }

    /// What a client says that it will end with, so that the bytes are hashed as they come.
    private func algorithm(_ query: RequestQuery) throws(RegistryFault) -> Digest.Algorithm {
        guard let name = try query.single("digest-algorithm") else { return .sha256 }
        guard let algorithm = Digest.Algorithm(rawValue: name) else {
            throw .digestInvalid("the algorithm of the digest is not supported")
        }
        return algorithm
    }

    /// Goes on with an upload, asks about it, ends or cancels it.
    func answer(_ request: RegistryRequest, _ text: String) async throws -> RegistryResponse {
        try request.allow("GET, HEAD, PATCH, PUT, DELETE", [.get, .head, .patch, .put, .delete])
        let repository = try served.writable(name)
        guard let id = UploadID(text), let upload = try await repository.upload(id, owner: request.principal.owner)
        else { throw RegistryFault.uploadUnknown }
        switch request.method {
        case .patch:
            try await append(request, to: upload, at: try chunk(request)?.first)
            return try await accepted(upload, size: upload.size())
        case .put:
            guard let digest = try request.query.single("digest") else {
                throw RegistryFault.digestInvalid("the digest is missing")
            }
            let parsed = try RequestPath.digest(digest)
            if !request.body.isEmpty { try await append(request, to: upload, at: try chunk(request)?.first) }
            return try await commit(upload, as: parsed)
        case .delete:
            try await upload.cancel()
            served.ledger.end(id)
            return RegistryResponse(.noContent, body: .none)
        default:
            let size = try await upload.size()
            return RegistryResponse(.noContent, headers(upload, size: size), body: .none)
        }
    }

    /// Whether the repository has the blob now, without a byte being sent.
    private func mount(_ text: String, _ request: RegistryRequest) async throws -> Bool {
        let digest = try RequestPath.digest(text)
        let repository = try served.writable(name)
        guard let from = try request.query.single("from") else {
            // Where a blob is that others pushed is no business of those who cannot read everything.
            if served.rules.readsEverything(request.principal) { return try await repository.mount(digest, from: nil) }
            return try await repository.size(ofBlob: digest) != nil
        }
        // A name that is none is the same as a repository that does not have the blob.
        guard let source = try? RepositoryName(from) else { return false }
        if source == name { return try await repository.size(ofBlob: digest) != nil }
        guard served.rules.allows(request.principal, .pull, in: source) else { return false }
        return try await repository.mount(digest, from: source)
    }

    private func append(_ request: RegistryRequest, to upload: BlobUpload, at offset: Int64?) async throws {
        let bytes = NotedBytes(body: request.body, ledger: served.ledger, id: upload.id)
        do {
            try await upload.append(bytes, at: offset)
        } catch StoreError.uploadOffset(_, let size) {
            throw fault(.rangeInvalid("the upload has \(size) bytes"), upload, size)
        } catch StoreError.uploadGone {
            served.ledger.end(upload.id)
            throw RegistryFault.uploadUnknown
        }
        if let chunk = try chunk(request), request.body.received != chunk.length {
            let size = try await upload.size()
            throw fault(.sizeInvalid("the chunk has another length than its Content-Range says"), upload, size)
        }
    }

    private func commit(_ upload: BlobUpload, as digest: Digest) async throws -> RegistryResponse {
        do {
            try await upload.commit(as: digest)
        } catch StoreError.uploadBusy(let id) {
            throw StoreError.uploadBusy(id)
        } catch {
            served.ledger.end(upload.id)
            throw error
        }
        served.ledger.end(upload.id)
        return created(digest)
    }

    /// The place of a chunk; `nil` if the client does not say one.
    ///
    /// - Throws: ``RegistryFault`` for what is no place, and for one that is not as long as the body.
    private func chunk(_ request: RegistryRequest) throws(RegistryFault) -> ChunkRange? {
        guard let text = request.headers[.contentRange] else { return nil }
        guard let chunk = ChunkRange(text) else { throw .uploadInvalid("the Content-Range is not first-last") }
        guard request.body.length.map({ $0 == chunk.length }) ?? true else {
            throw .sizeInvalid("the Content-Length is not that of the Content-Range")
        }
        return chunk
    }

    private func created(_ digest: Digest) -> RegistryResponse {
        RegistryResponse(
            .created,
            [.location: "/v2/\(name)/blobs/\(digest)", .contentDigest: digest.description]
        )
    }

    private func accepted(_ upload: BlobUpload, size: Int64) -> RegistryResponse {
        RegistryResponse(.accepted, headers(upload, size: size))
    }

    /// Nothing and one byte are both `0-0`: the specification has no other way to say it.
    private func headers(_ upload: BlobUpload, size: Int64) -> HTTPFields {
        [
            .location: "/v2/\(name)/blobs/uploads/\(upload.id)", .range: "0-\(max(0, size - 1))",
            .uploadUUID: upload.id.text,
        ]
    }

    private func fault(_ fault: RegistryFault, _ upload: BlobUpload, _ size: Int64) -> RegistryFault {
        var fault = fault
        for field in headers(upload, size: size) { fault.headers[field.name] = field.value }
        return fault
    }
}

/// The bytes of a body on their way into an upload, counted.
private struct NotedBytes: AsyncSequence {
    let body: IncomingBody
    let ledger: UploadLedger
    let id: UploadID

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(bytes: body.bytes.makeAsyncIterator(), ledger: ledger, id: id)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var bytes: IncomingBody.Bytes.AsyncIterator
        let ledger: UploadLedger
        let id: UploadID

        mutating func next() async throws -> ByteBuffer? {
            guard let buffer = try await bytes.next() else { return nil }
            try ledger.add(buffer.readableBytes, to: id)
            return buffer
        }
    }
}

extension RegistryRequest {
    /// Whose uploads are counted together.
    fileprivate var uploadClient: String { principal.owner.isEmpty ? client : principal.owner }
}

extension Digest {
    /// Whether it is that of no bytes at all, so that an empty body is the whole blob.
    fileprivate var isOfNothing: Bool {
        switch algorithm {
        case .sha256: hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        case .sha512:
            hex == "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
        }
    }
}
