// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import OCI
import OCILayout

/// `/v2/<name>/blobs/<digest>`.
struct BlobRoutes: Sendable {
    let served: ServedPlace
    let name: RepositoryName
    let digest: Digest

    func answer(_ request: RegistryRequest) async throws -> RegistryResponse {
        try request.allow("GET, HEAD, DELETE", [.get, .head, .delete])
        if request.method == .delete { return try await delete() }
        if request.method == .head {
            guard let size = try await served[name].size(ofBlob: digest) else { throw RegistryFault.blobUnknown }
            let isKnown = EntityTag(digest).isKnown(to: request.headers)
            return isKnown ? notModified : RegistryResponse(.ok, headers, body: .head(length: size))
        }
        guard let blob = try await served[name].blob(digest) else { throw RegistryFault.blobUnknown }
        return try await read(blob, request)
    }

    private func read(_ blob: StoredBlob, _ request: RegistryRequest) async throws -> RegistryResponse {
        let tag = EntityTag(digest)
        if tag.isKnown(to: request.headers) { return notModified }
        let range = tag.allowsRange(request.headers) ? request.headers[.range] : nil
        switch ByteRange(range, size: blob.size) {
        case .whole:
            return RegistryResponse(.ok, headers, body: .stream(blob.read(), length: blob.size))
        case .part(let part):
            let length = part.upperBound - part.lowerBound
            var response = RegistryResponse(.partialContent, headers, body: .stream(blob.read(part), length: length))
            response.headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(blob.size)"
            return response
        case .unsatisfiable:
            throw RegistryFault.rangeInvalid("the blob has \(blob.size) bytes")
                .with(.contentRange, "bytes */\(blob.size)")
        }
    }

    private func delete() async throws -> RegistryResponse {
        guard try await served.writable(name).remove(blob: digest) else { throw RegistryFault.blobUnknown }
        return RegistryResponse(.accepted, [.contentDigest: digest.description])
    }

    private var headers: HTTPFields {
        [
            .contentType: "application/octet-stream", .contentDigest: digest.description,
            .eTag: EntityTag(digest).text, .acceptRanges: "bytes", .cacheControl: "private, max-age=31536000",
        ]
    }

    private var notModified: RegistryResponse {
        RegistryResponse(.notModified, [.eTag: EntityTag(digest).text], body: .none)
    }
}
