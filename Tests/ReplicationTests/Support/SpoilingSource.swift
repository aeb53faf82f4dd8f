// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit

/// A place that delivers other bytes than it should.
struct SpoilingSource: SourceEndpoint {
    let base: MemoryEndpoint
    /// The blob whose bytes are other ones, of the right length.
    var digest: Digest?
    /// The tag whose manifest is another text.
    var manifest: (tag: TagName, text: String)?
    /// The tag that is listed, but cannot be found.
    var vanished: TagName?

    var name: String { base.name }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }

    func source(_ repository: RepositoryName) -> any ContentSource { Repository(base: base[repository], place: self) }

    private struct Repository: ContentSource {
        let base: MemoryRepository
        let place: SpoilingSource

        func tags() -> Pages<TagEntry> {
            Pages {
                var pages = base.tags().makeAsyncIterator()
                return { try await pages.next()?.map { TagEntry(tag: $0.tag) } }
            }
        }

        func resolve(_ target: Target) async throws -> Descriptor? {
            if target == place.vanished.map({ .tag($0) }) { return nil }
            if let text = spoilt(target) { return BuiltBlob(Array(text.utf8), mediaType: .ociManifest).descriptor }
            return try await base.resolve(target)
        }

        func document(at target: Target) async throws -> ManifestDocument? {
            if target == place.vanished.map({ .tag($0) }) { return nil }
            if let text = spoilt(target) { return try ImageBuilder.document(text) }
            return try await base.document(at: target)
        }

        /// The text that stands in for the manifest of a target.
        private func spoilt(_ target: Target) -> String? {
            guard let manifest = place.manifest else { return nil }
            let digest = BuiltBlob(Array(manifest.text.utf8)).descriptor.digest
            return target == .tag(manifest.tag) || target == .digest(digest) ? manifest.text : nil
        }

        func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }

        func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
            guard descriptor.digest == place.digest else { return try await base.blob(descriptor, in: range) }
            return ByteStream(ByteBuffer(repeating: 0x2A, count: Int(descriptor.size)))
        }
    }
}
