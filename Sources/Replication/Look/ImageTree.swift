// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// An opened image as people look at it: who points to whom, from the root down.
public struct ImageTree: Hashable, Sendable {
    /// A manifest, and what hangs on it.
    public struct Node: Hashable, Sendable {
        /// What hangs on a manifest.
        public enum Content: Hashable, Sendable {
            /// Other manifests, in the order of the index.
            case manifests([Node])
            /// A configuration, and layers from the lowest on.
            case blobs(config: Descriptor, layers: [Descriptor])
            /// What is shown where the manifest stands in the tree for the first time.
            case shownAbove
        }

        /// The manifest; with the platform that its index gives it.
        public let descriptor: Descriptor
        /// What its index says of it, for the root nothing.
        public let entry: ManifestDetails.Entry
        /// What it says itself.
        public let details: ManifestDetails
        /// What hangs on it.
        public let content: Content

        /// The kind of artifact, by the manifest itself or else by its index.
        public var artifactType: String? { details.artifactType ?? entry.artifactType }
    }

    /// What a whole image adds up to; whatever stands in it several times counts once.
    public struct Totals: Hashable, Sendable {
        /// How many manifests.
        public internal(set) var manifests = 0
        /// Their bytes.
        public internal(set) var manifestBytes: Int64 = 0
        /// How many configurations and layers.
        public internal(set) var blobs = 0
        /// Their bytes, as the manifests state them.
        public internal(set) var blobBytes: Int64 = 0
        /// The platforms, in the order of the tree.
        public internal(set) var platforms: [Platform] = []
    }

    /// What the image's name points to.
    public let root: Node
    /// What it adds up to.
    public let totals: Totals

    /// Builds the tree of an opened image.
    ///
    /// It has as many nodes as the manifests have entries, however they point to each other.
    public init(_ graph: ImageGraph) {
        var builder = TreeBuilder(graph: graph)
        root = builder.node(graph.root, graph.root.descriptor, ManifestDetails.Entry())
        totals = builder.totals
    }
}

private struct TreeBuilder {
    let graph: ImageGraph
    private(set) var totals = ImageTree.Totals()
    private var seen: Set<Digest> = []

    init(graph: ImageGraph) { self.graph = graph }

    mutating func node(
        _ document: ManifestDocument,
        _ descriptor: Descriptor,
        _ entry: ManifestDetails.Entry
    ) -> ImageTree.Node {
        let details = ManifestDetails(of: document)
        if let platform = descriptor.platform, !totals.platforms.contains(platform), platform.isKnown {
            totals.platforms.append(platform)
        }
        guard seen.insert(descriptor.digest).inserted else {
            return ImageTree.Node(descriptor: descriptor, entry: entry, details: details, content: .shownAbove)
        }
        totals.manifests += 1
        totals.manifestBytes = totals.manifestBytes.addingClamped(descriptor.size)
        return ImageTree.Node(
            descriptor: descriptor,
            entry: entry,
            details: details,
            content: content(of: document, details)
        )
    }

    private mutating func content(
        of document: ManifestDocument,
        _ details: ManifestDetails
    ) -> ImageTree.Node.Content {
        switch document.manifest {
        case .image(let image):
            for blob in [image.config] + image.layers where seen.insert(blob.digest).inserted {
                totals.blobs += 1
                totals.blobBytes = totals.blobBytes.addingClamped(blob.size)
            }
            return .blobs(config: image.config, layers: image.layers)
        case .index(let index):
            var nodes: [ImageTree.Node] = []
            for (place, child) in index.manifests.enumerated() {
                // An opened image has all of them.
                guard let document = graph.descendants[child.digest] else { continue }
                let entry = place < details.entries.count ? details.entries[place] : ManifestDetails.Entry()
                nodes.append(node(document, child, entry))
            }
            return .manifests(nodes)
        }
    }
}

extension Platform {
    /// Whether something can run on it; attestations stand in an index with `unknown/unknown`.
    fileprivate var isKnown: Bool { os != "unknown" }
}
