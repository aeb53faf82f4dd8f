// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A repository that content is written to.
public protocol ContentSink: ContentIndex {
    /// Makes a blob be there: finds it, mounts it from another repository of the same place, or uploads it.
    ///
    /// When this returns, the place has confirmed the blob by its digest.
    /// - Parameter sibling: A repository of the same place that is known to hold the blob, if one is known.
    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival

    /// Writes a manifest under its digest; everything that it points to must be there.
    func write(_ manifest: ManifestDocument) async throws

    /// Writes a manifest and moves a tag to it in one step; everything that it points to must be there.
    func publish(_ root: ManifestDocument, as tag: TagName) async throws
}

/// How a blob came to be in a repository.
public enum Arrival: Hashable, Sendable {
    /// It was there before.
    case present
    /// It was linked from another repository of the same place, without moving its bytes.
    case mounted
    /// Its bytes were sent.
    case copied
}
