// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// Keeps the manifests that were fetched last, since tags of one repository often share them.
///
/// Bounded by their bytes; when it is full, it starts anew.
final class DocumentCache: Sendable {
    private struct State {
        var documents: [Digest: ManifestDocument] = [:]
        var bytes = 0
    }

    private static let maximumBytes = 8 << 20

    private let state = Mutex(State())

    /// The manifest of a descriptor, from here or from the source.
    func document(
        _ descriptor: Descriptor,
        from source: any ContentSource
    ) async throws -> ManifestDocument? {
        if let document = state.withLock({ $0.documents[descriptor.digest] }) { return document }
        guard let document = try await source.document(at: .digest(descriptor.digest)) else { return nil }
        state.withLock { state in
            if state.bytes + document.bytes.count > Self.maximumBytes { state = State() }
            if state.documents.updateValue(document, forKey: descriptor.digest) == nil {
                state.bytes += document.bytes.count
            }
        }
        return document
    }
}
