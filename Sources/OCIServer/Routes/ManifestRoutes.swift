// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import OCI
import OCIContent
import OCILayout

/// `/v2/<name>/manifests/<reference>`.
struct ManifestRoutes: Sendable {
    let served: ServedPlace
    let name: RepositoryName
    let target: Target

    func answer(_ request: RegistryRequest) async throws -> RegistryResponse {
        try request.allow("GET, HEAD, PUT, DELETE", [.get, .head, .put, .delete])
        return switch request.method {
        case .put: try await put(request)
        case .delete: try await delete()
        default: try await get(request)
        }
    }

    /// What `Accept` says does not matter: a manifest is never made into another one, and its digest is what was asked for.
    private func get(_ request: RegistryRequest) async throws -> RegistryResponse {
        guard let manifest = try await stored() else { throw RegistryFault.manifestUnknown }
        let descriptor = manifest.descriptor
        let tag = EntityTag(descriptor.digest)
        var headers: HTTPFields = [.contentDigest: descriptor.digest.description, .eTag: tag.text]
        if tag.isKnown(to: request.headers) { return RegistryResponse(.notModified, headers, body: .none) }
        headers[.contentType] = descriptor.mediaType.text
        return RegistryResponse(.ok, headers, body: .bytes(ByteBuffer(bytes: manifest.bytes)))
    }

    /// The manifest; `nil` also for one that is gone or damaged where it can be written, so that a client that compares sends it
    /// again, which mends it.
    private func stored() async throws -> StoredManifest? {
        let repository = served[name]
        do { return try await repository.storedManifest(at: target) } catch is ContentError where served.store != nil {
            return nil
        }
    }

    private func put(_ request: RegistryRequest) async throws -> RegistryResponse {
        let tags = try tags(request)
        let buffer = try await request.body.collect(
            upTo: served.limits.manifestBytes,
            else: .sizeInvalid("the manifest is too large", status: .contentTooLarge).closing
        )
        let bytes = Array(buffer.readableBytesView)
        var algorithm = Digest.Algorithm.sha256
        if case .digest(let expected) = target { algorithm = expected.algorithm }
        let digest = Digester.digest(of: bytes, algorithm: algorithm)
        if case .digest(let expected) = target, expected != digest {
            throw RegistryFault.digestInvalid("the manifest has the digest \(digest)")
        }
        let document = try ManifestDocument(bytes: bytes, digest: digest, contentType: request.headers[.contentType])
        try await served.writable(name).put(document, as: tags)
        var headers: HTTPFields = [
            .location: "/v2/\(name)/manifests/\(digest)", .contentDigest: digest.description,
        ]
        if let subject = document.subject { headers[.ociSubject] = subject.description }
        for tag in request.query.all("tag") { headers.append(HTTPField(name: .ociTag, value: tag)) }
        return RegistryResponse(.created, headers)
    }

    /// The tag of the path, or those of the query beside a digest.
    private func tags(_ request: RegistryRequest) throws -> [TagName] {
        let names = request.query.all("tag")
        guard names.count <= 100 else { throw RegistryFault.unsupported("too many tags", status: .uriTooLong) }
        var tags: [TagName] = []
        if case .tag(let tag) = target {
            guard names.isEmpty else { throw RegistryFault.unsupported("tags beside a tag", status: .badRequest) }
            tags.append(tag)
        }
        for name in names {
            do { tags.append(try TagName(name)) } catch { throw RegistryFault.tagInvalid }
        }
        return tags
    }

    private func delete() async throws -> RegistryResponse {
        let repository = try served.writable(name)
        let wasThere =
            switch target {
            case .tag(let tag): try await repository.remove(tag)
            case .digest(let digest): try await repository.remove(manifest: digest)
            }
        guard wasThere else { throw RegistryFault.manifestUnknown }
        return RegistryResponse(.accepted)
    }
}
