// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a manifest points to, as a sweep needs it.
struct ManifestLinks: Hashable, Sendable {
    var children: [Digest] = []
    var blobs: [Digest] = []
    /// Layers that may be missing (image-spec, layer.md, "Non-Distributable Layers").
    var optionalBlobs: [Digest] = []

    init(children: [Digest] = [], blobs: [Digest] = []) {
        self.children = children
        self.blobs = blobs
    }

    init(_ manifest: Manifest) {
        children = manifest.children.map(\.digest)
        blobs = manifest.blobs.filter { !$0.isNonDistributable }.map(\.digest)
        optionalBlobs = manifest.blobs.filter(\.isNonDistributable).map(\.digest)
    }
}

/// What of a repository must stay; pure.
struct Marking: Hashable, Sendable {
    /// The manifests that stay.
    private(set) var manifests: Set<Digest> = []
    /// The blobs that they point to.
    private(set) var blobs: Set<Digest> = []

    /// Marks what is reached from the tags: what an index lists, and what refers to a manifest that stays.
    ///
    /// - Parameters:
    ///   - keepsUntagged: Whether every manifest stays, whoever points to it.
    ///   - links: What each manifest points to.
    init(_ index: RepositoryIndex, keepsUntagged: Bool, links: [Digest: ManifestLinks]) {
        var open = keepsUntagged ? Array(index.manifests.keys) : index.tags.values.map(\.digest)
        while let digest = open.popLast() {
            guard index.manifests[digest] != nil, manifests.insert(digest).inserted else { continue }
            let found = links[digest] ?? ManifestLinks()
            blobs.formUnion(found.blobs)
            blobs.formUnion(found.optionalBlobs)
            open += found.children
            open += index.referrers[digest] ?? []
        }
    }

    /// Whether content stays, as a manifest or as a blob.
    func contains(_ digest: Digest) -> Bool { manifests.contains(digest) || blobs.contains(digest) }
}
