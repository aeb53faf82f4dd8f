// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Keeps the manifests that were fetched last, since tags of one repository often share them.
///
/// A manifest that several images want at the same time is fetched by one of them, and waited for by the others.
/// Bounded by the bytes of the manifests; when it is full, it starts anew.
actor DocumentCache {
    private static let maximumBytes = 8 << 20

    private var documents: [Digest: ManifestDocument] = [:]
    private var bytes = 0
    /// Who waits for the manifests that are being fetched.
    private var waiters: [Digest: [CheckedContinuation<Void, Never>]] = [:]

    /// The manifest of a digest, from here or from the source.
    func document(_ digest: Digest, from source: any ContentSource) async throws -> ManifestDocument? {
        while documents[digest] == nil, waiters[digest] != nil {
            await withCheckedContinuation { waiters[digest]?.append($0) }
        }
        if let document = documents[digest] { return document }
        try Task.checkCancellation()
        waiters[digest] = []
        defer { for waiter in waiters.removeValue(forKey: digest) ?? [] { waiter.resume() } }
        guard let document = try await source.document(at: .digest(digest)) else { return nil }
        keep(document)
        return document
    }

    /// Whether the manifest of a digest is here.
    func has(_ digest: Digest) -> Bool { documents[digest] != nil }

    /// Keeps a manifest that was made here, and that no source has.
    func keep(_ document: ManifestDocument) {
        if bytes + document.bytes.count > Self.maximumBytes {
            documents = [:]
            bytes = 0
        }
        if documents.updateValue(document, forKey: document.descriptor.digest) == nil { bytes += document.bytes.count }
    }
}
