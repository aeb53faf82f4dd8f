// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import OCIContent

/// Finds out what can be written to a repository, by writing small things and deleting them again.
struct WritingExaminer {
    private static let sample = 4 << 20
    /// The pieces that are tried: some registries take only large ones (ECR: 5 MiB), some only small ones (GHCR: 4 MiB).
    private static let pieces: [Int64] = [64 << 10, 5 << 20]

    private let repository: RemoteRepository
    private var api: RegistryAPI { repository.api }
    private var uploads: String { repository.path("blobs/uploads/") }

    init(_ repository: RemoteRepository) { self.repository = repository }

    func examine(_ diagnosis: inout RegistryDiagnosis) async throws {
        for ability in RegistryDiagnosis.Ability.allCases where ability.needsWriting {
            diagnosis.abilities[ability] = .untried
        }
        var written: [Digest] = []
        let blob = Blob(count: Self.sample)
        do {
            diagnosis.writing = .success(try await write(blob))
            written.append(blob.descriptor.digest)
        } catch {
            try Task.checkCancellation()
            diagnosis.writing = .failure(error)
            return
        }
        try await readBack(blob, &diagnosis)
        diagnosis.abilities[.mounts] = try await verdict { try await mounts(blob) }
        diagnosis.abilities[.chunks] = try await verdict {
            try await sendInPieces(&written, smallest: &diagnosis.smallestChunk)
        }
        diagnosis.abilities[.digestChecks] = try await verdict { try await refusesWrongDigest(&written) }
        try await writeManifests(over: blob, &diagnosis)
        try await delete(written, &diagnosis)
    }

    /// Random bytes, so that no registry has them.
    private struct Blob {
        let bytes: [UInt8]
        let descriptor: Descriptor

        init(count: Int, mediaType: MediaType = .ociLayerGzip) {
            var generator = SystemRandomNumberGenerator()
            let words = (0..<(count + 7) / 8).map { _ in generator.next() as UInt64 }
            bytes = Array(words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }.prefix(count))
            descriptor = Descriptor(mediaType: mediaType, digest: Digester.digest(of: bytes), size: Int64(count))
        }
    }

    private func verdict(_ question: () async throws -> Bool) async throws -> RegistryDiagnosis.Verdict {
        do { return try await question() ? .yes : .no } catch { return try .failed(unlessCancelled: error) }
    }

    private func write(_ blob: Blob) async throws -> RegistryDiagnosis.Throughput {
        let held = MemoryEndpoint()[repository.name]
        held.add(blob.bytes, mediaType: blob.descriptor.mediaType)
        let start = ContinuousClock.now
        _ = try await repository.write(BlobContent(blob.descriptor, from: held), heldBy: nil)
        return .init(bytes: blob.descriptor.size, duration: start.duration(to: .now))
    }

    /// Reads what was written, where the repository had nothing to read.
    private func readBack(_ blob: Blob, _ diagnosis: inout RegistryDiagnosis) async throws {
        guard case .untried? = diagnosis.abilities[.ranges] else { return }
        do {
            let start = ContinuousClock.now
            let stream = try await repository.blob(blob.descriptor, in: 1..<blob.descriptor.size)
            diagnosis.abilities[.ranges] = stream.range.lowerBound == 1 ? .yes : .no
            var bytes: Int64 = 0
            for try await buffer in stream { bytes += Int64(buffer.readableBytes) }
            diagnosis.reading = .init(bytes: bytes, duration: start.duration(to: .now))
        } catch { diagnosis.abilities[.ranges] = try .failed(unlessCancelled: error) }
    }

    private func mounts(_ blob: Blob) async throws -> Bool {
        let query = "mount=\(blob.descriptor.digest)&from=\(repository.name)"
        let reply = try await api.send(
            api.request(.POST, uploads, query: query),
            during: .startUpload,
            subject: repository.name.text
        )
        try await reply.discard()
        // An upload that nobody wanted is called off; a registry that does not let it forgets it by itself.
        if reply.status == 202, let url = location(of: reply) {
            let call = Exchange(method: .DELETE, url: url, access: api.access)
            try? await api.send(call, during: .upload, subject: repository.name.text).discard()
        }
        return reply.status == 201
    }

    private func location(of reply: Reply) -> RequestURL? {
        guard let text = reply.headers.first(name: "Location") else { return nil }
        return try? repository.endpoint.registry.transport.admit(text, answeredBy: reply.url, for: .upload)
    }

    /// Begins an upload.
    private func start() async throws -> (url: RequestURL, headers: HTTPHeaders) {
        let reply = try await api.send(
            api.request(.POST, uploads),
            during: .startUpload,
            subject: repository.name.text
        )
        guard reply.status == 202, let url = location(of: reply) else {
            throw try await api.error(from: reply, during: .startUpload, subject: repository.name.text)
        }
        try await reply.discard()
        return (url, reply.headers)
    }

    private func send(_ method: HTTPMethod, _ bytes: ArraySlice<UInt8>, to url: RequestURL) async throws -> Reply {
        var exchange = Exchange(method: method, url: url, access: api.access)
        exchange.headers = [("Content-Type", "application/octet-stream")]
        if method == .PATCH {
            exchange.headers.append(("Content-Range", "\(bytes.startIndex)-\(bytes.endIndex - 1)"))
        }
        exchange.body = .bytes(ByteBuffer(bytes: bytes))
        let reply = try await api.send(exchange, during: .upload, subject: repository.name.text)
        try await reply.discard()
        return reply
    }

    /// Sends a blob in two pieces, with a first piece that is long enough.
    /// - Parameter smallest: The least that a piece may have, as far as that shows.
    private func sendInPieces(_ written: inout [Digest], smallest: inout Int64?) async throws -> Bool {
        for piece in Self.pieces {
            let (url, headers) = try await start()
            let announced = headers.first(name: "OCI-Chunk-Min-Length").flatMap(Int64.init)
            smallest = announced
            guard piece >= (announced ?? 0) else { continue }
            let blob = Blob(count: Int(piece) + 1000)
            guard try await send(blob, by: Int(piece), to: url) else { continue }
            written.append(blob.descriptor.digest)
            // That shorter ones were refused says it as well.
            if piece != Self.pieces.first { smallest = announced ?? piece }
            return true
        }
        return false
    }

    private func send(_ blob: Blob, by piece: Int, to url: RequestURL) async throws -> Bool {
        var url = url
        for range in [0..<piece, piece..<blob.bytes.count] {
            let reply = try await send(.PATCH, blob.bytes[range], to: url)
            guard (200..<300).contains(reply.status), let next = location(of: reply) else { return false }
            url = next
        }
        let closing = url.appending("digest", blob.descriptor.digest.description)
        return try await send(.PUT, [], to: closing).status == 201
    }

    private func refusesWrongDigest(_ written: inout [Digest]) async throws -> Bool {
        let (sent, named) = (Blob(count: 100), Blob(count: 100).descriptor.digest)
        let url = try await start().url.appending("digest", named.description)
        let isTaken = try await send(.PUT, sent.bytes[...], to: url).status == 201
        if isTaken { written.append(named) }
        return !isTaken
    }

    /// Writes a manifest that is whole and an index that is not, and deletes what was taken.
    private func writeManifests(over blob: Blob, _ diagnosis: inout RegistryDiagnosis) async throws {
        let config = blob.descriptor
        let image = try document(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":{"mediaType":"\#(config.mediaType)","#
                + #""digest":"\#(config.digest)","size":\#(config.size)},"layers":[]}"#
        )
        let absent = Blob(count: 100).descriptor
        let index = try document(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[{"mediaType":"\#(MediaType.ociManifest)","#
                + #""digest":"\#(absent.digest)","size":\#(absent.size)}]}"#
        )
        var taken: [Digest] = []
        for (document, ability) in [(index, RegistryDiagnosis.Ability.sparseIndexes), (image, nil)] {
            do {
                try await repository.write(document)
                taken.append(document.descriptor.digest)
                if let ability { diagnosis.abilities[ability] = .yes }
            } catch {
                let isNo = (error as? any MissingReferencesError)?.isAboutMissingReferences == true
                if let ability { diagnosis.abilities[ability] = isNo ? .no : try .failed(unlessCancelled: error) }
            }
        }
        if case .untried? = diagnosis.abilities[.referrers], taken.contains(image.descriptor.digest) {
            let digest = image.descriptor.digest
            diagnosis.abilities[.referrers] = try await verdict {
                try await repository.referrers(of: digest, type: nil) != nil
            }
        }
        for digest in taken {
            let verdict = try await verdict { try await deletes("manifests/\(digest)") }
            diagnosis.abilities[.manifestDeletion] = verdict
            if case .yes = verdict { continue }
            diagnosis.remnants.append(.init(digest: digest, isManifest: true))
        }
    }

    private func document(_ text: String) throws -> ManifestDocument {
        let bytes = Array(text.utf8)
        return try ManifestDocument(bytes: bytes, digest: Digester.digest(of: bytes), contentType: nil)
    }

    private func delete(_ blobs: [Digest], _ diagnosis: inout RegistryDiagnosis) async throws {
        for digest in blobs {
            let verdict = try await verdict { try await deletes("blobs/\(digest)") }
            diagnosis.abilities[.blobDeletion] = verdict
            if case .yes = verdict { continue }
            diagnosis.remnants.append(.init(digest: digest, isManifest: false))
        }
    }

    private func deletes(_ rest: String) async throws -> Bool {
        // Some token servers know no "delete" in a scope (Quay, containers/image).
        let access = Authenticator.Access(
            repository: repository.name,
            scopes: [.repository(repository.name, .any)]
        )
        let api = repository.endpoint.api(access)
        let request = api.request(.DELETE, repository.path(rest))
        let reply = try await api.send(request, during: .delete, subject: repository.name.text)
        try await reply.discard()
        return (200..<300).contains(reply.status)
    }
}
