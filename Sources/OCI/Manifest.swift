// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// One image or artifact: a configuration and layers (image-spec, manifest.md).
public struct ImageManifest: Hashable, Sendable {
    /// The configuration blob.
    public var config: Descriptor
    /// The layer blobs, lowest first.
    public var layers: [Descriptor]
}

/// A list of manifests, one a platform as a rule (image-spec, image-index.md).
public struct ImageIndex: Hashable, Sendable {
    /// The manifests of this list, in its order.
    public var manifests: [Descriptor]
}

/// The content of a manifest, as far as copying it needs to understand it.
///
/// This is the only code that knows who points to whom.
public enum Manifest: Hashable, Sendable {
    /// One image or artifact.
    case image(ImageManifest)
    /// A list of manifests.
    case index(ImageIndex)

    /// The manifests that this one points to; they must be at a destination before it.
    public var children: [Descriptor] {
        switch self {
        case .image: []
        case .index(let index): index.manifests
        }
    }

    /// The blobs that this manifest points to: its configuration, then its layers.
    ///
    /// They must be at a destination before the manifest. Non-distributable layers are among them.
    public var blobs: [Descriptor] {
        switch self {
        case .image(let image): [image.config] + image.layers
        case .index: []
        }
    }
}
