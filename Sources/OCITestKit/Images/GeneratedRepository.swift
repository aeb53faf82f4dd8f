// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

/// One repository of a generated endpoint.
struct GeneratedRepository: ContentSource {
    let name: RepositoryName
    let endpoint: GeneratedEndpoint

    private var content: GeneratedEndpoint.Repository {
        endpoint.repositories[name] ?? GeneratedEndpoint.Repository()
    }

    func tags() -> Pages<TagEntry> { Pages(content.tags) }

    func resolve(_ target: Target) async throws -> Descriptor? { content.manifests[target]?.descriptor }

    func document(at target: Target) async throws -> ManifestDocument? { content.manifests[target] }

    func contains(_ blob: Descriptor) async throws -> Bool { content.blobs.contains(blob.digest) }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let offset = range.lowerBound
        guard content.blobs.contains(descriptor.digest), let blob = endpoint.blobs[descriptor.digest] else {
            throw ContentError.missing(descriptor.digest)
        }
        switch blob {
        case .layer(let layer, let figures): return layer.bytes(from: offset, figures: figures)
        case .configuration(let blob):
            let start = Int(min(offset, blob.descriptor.size))
            return ByteStream(range: Int64(start)..<blob.descriptor.size) {
                ByteStream(ByteBuffer(bytes: blob.bytes[start...])).makeAsyncIterator().pulled
            }
        }
    }
}

extension ByteStream.AsyncIterator {
    /// The iterator as the function that a stream is made of.
    fileprivate var pulled: ByteStream.Pull {
        var iterator = self
        return { try await iterator.next() }
    }
}
