// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// A repository whose blobs are read through a stage.
struct StagedSource: ContentSource {
    let base: any ContentSource
    let stage: @Sendable (ByteStream) -> ByteStream

    func tags() -> Pages<TagEntry> { base.tags() }

    func resolve(_ target: Target) async throws -> Descriptor? { try await base.resolve(target) }

    func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }

    func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        stage(try await base.blob(descriptor, in: range))
    }

    func kept(of blob: Descriptor) async -> Int64 { await base.kept(of: blob) }

    func release(_ blob: Descriptor) async { await base.release(blob) }
}
