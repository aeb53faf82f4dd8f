// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A manifest as it lies in a repository of a store or of bundles: its exact bytes, not taken apart.
public struct StoredManifest: Hashable, Sendable {
    /// The media type under which it was put, its digest and its length.
    public let descriptor: Descriptor
    /// The bytes, which have the digest.
    public let bytes: [UInt8]
}

/// What becomes of a manifest that points to content which the repository does not have.
public enum MissingPolicy: Hashable, Sendable {
    /// It is refused.
    case refuse
    /// An index may lack some of its manifests (a sparse index); blobs must still be there.
    case allowChildren
}
