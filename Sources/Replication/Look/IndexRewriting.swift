// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Makes smaller indexes of those of which only a part is wanted; all else in them stays as it is written.
///
/// The same index gives the same bytes at any time, so that a later run knows again what it wrote.
struct IndexRewriting: Sendable {
    let choice: PlatformChoice

    /// The smaller form of a manifest.
    /// - Parameter open: Fetches an index that stands in an index.
    func rewritten(
        _ document: ManifestDocument,
        depth: Int = 0,
        open: (Descriptor) async throws -> ManifestDocument
    ) async throws -> ManifestDocument {
        guard case .index(let index) = document.manifest else { return document }
        let limit = GraphLimits().depth
        guard depth < limit else { throw GraphError.tooDeep(limit: limit) }
        let places = choice.places(in: document)
        var inner: [Digest: Descriptor] = [:]
        for child in places.map({ index.manifests[$0] }) where child.mediaType.isIndex {
            let new = try await rewritten(try await open(child), depth: depth + 1, open: open)
            if new.descriptor.digest != child.digest { inner[child.digest] = new.descriptor }
        }
        if places.count == index.manifests.count, inner.isEmpty { return document }
        var root = try JSONNode(parsing: document.bytes)
        let entries = root["manifests"]?.items ?? []
        root["manifests"] = .array(
            places.map { place in
                var entry = entries[place]
                if let new = inner[index.manifests[place].digest] {
                    entry["digest"] = .text("\(new.digest)")
                    entry["size"] = .scalar("\(new.size)")
                }
                return entry
            }
        )
        let bytes = Array(root.compact.utf8)
        return try ManifestDocument(
            bytes: bytes,
            digest: Digester.digest(of: bytes, algorithm: document.descriptor.digest.algorithm),
            contentType: document.descriptor.mediaType.text
        )
    }
}
