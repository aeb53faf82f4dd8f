// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Replication

/// The tree of an image for scripts: one JSON object on one line.
struct InspectJSON: Encodable {
    /// A manifest.
    struct Manifest: Encodable {
        let digest: String
        let mediaType: String
        let size: Int64
        let platform: Platform?
        let artifactType: String?
        let subject: Descriptor?
        let annotations: [String: String]?
        let manifests: [Manifest]?
        let config: Descriptor?
        let layers: [Descriptor]?

        init(_ node: ImageTree.Node) {
            digest = node.descriptor.digest.description
            mediaType = node.descriptor.mediaType.text
            size = node.descriptor.size
            platform = node.descriptor.platform
            artifactType = node.artifactType
            subject = node.details.subject
            // What an index says of a manifest, and what that says itself, rarely meet; the index speaks last.
            let both = node.details.annotations.merging(node.entry.annotations) { $1 }
            annotations = both.isEmpty ? nil : both
            switch node.content {
            case .manifests(let nodes):
                manifests = nodes.map(Manifest.init)
                config = nil
                layers = nil
            case .blobs(let config, let layers):
                manifests = nil
                self.config = config
                self.layers = layers
            case .shownAbove:
                manifests = nil
                config = nil
                layers = nil
            }
        }
    }

    /// What the image adds up to.
    struct Totals: Encodable {
        let manifests, blobs: Int
        let manifestBytes, blobBytes: Int64
        let platforms: [String]
    }

    let image: String
    let root: Manifest
    let totals: Totals

    init(name: String, tree: ImageTree) {
        image = name
        root = Manifest(tree.root)
        totals = Totals(
            manifests: tree.totals.manifests,
            blobs: tree.totals.blobs,
            manifestBytes: tree.totals.manifestBytes,
            blobBytes: tree.totals.blobBytes,
            platforms: tree.totals.platforms.map(\.description)
        )
    }

    /// The line, without its end.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
