// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// An opened image: its root and every manifest that the root reaches, as exact bytes.
public struct ImageGraph: Hashable, Sendable {
    /// What a tag points to.
    public let root: ManifestDocument
    /// The manifests below the root, by digest.
    public let descendants: [Digest: ManifestDocument]
    /// The non-distributable layers that the source serves, and that are to be copied.
    public var servedLayers: Set<Digest> = []
    /// The manifests that indexes point to, and that are left out on purpose.
    public var omitted: Set<Digest> = []
    /// The root's digest at the source, where it is written anew.
    public var original: Digest?

    /// Makes a graph of documents that were fetched.
    public init(root: ManifestDocument, descendants: [Digest: ManifestDocument] = [:]) {
        self.root = root
        self.descendants = descendants
    }

    /// What the root is called at the source.
    var sourceDigest: Digest { original ?? root.descriptor.digest }

    /// All manifests by their digests, the root first, always in the same order.
    var digests: [Digest] {
        [root.descriptor.digest] + descendants.keys.sorted { $0.description < $1.description }
    }
}

/// How far an index is followed.
///
/// No real image comes near; whoever publishes more wants to use up memory or requests.
public struct GraphLimits: Hashable, Sendable {
    /// How deep indexes may stand in each other.
    public var depth: Int
    /// How many manifests one root may reach.
    public var manifests: Int
    /// How many bytes these may have in all.
    public var bytes: Int

    /// Makes limits.
    public init(depth: Int = 8, manifests: Int = 1000, bytes: Int = 32 << 20) {
        self.depth = depth
        self.manifests = manifests
        self.bytes = bytes
    }
}

/// Why an image cannot be planned.
public enum GraphError: Error, Hashable, Sendable {
    /// Indexes stand in each other too deep.
    case tooDeep(limit: Int)
    /// The root reaches too many manifests.
    case tooManyManifests(limit: Int)
    /// The manifests have too many bytes in all.
    case tooManyBytes(limit: Int)
    /// A manifest that an index points to is not there.
    case missingChild(Digest, of: Digest)
    /// A child has another media type or length than its index says.
    case mismatchedChild(Digest, of: Digest)
}
