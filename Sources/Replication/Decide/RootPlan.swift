// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What is to be done for one image: a value, made of what was found, without any effect.
public struct RootPlan: Hashable, Sendable {
    /// What the tag's move is.
    public enum Change: Hashable, Sendable {
        /// The destination does not have the tag.
        case new
        /// The destination's tag points to something else so far.
        case moved(from: Digest)
        /// The destination's tag is right; only companions are missing.
        case unchanged
    }

    /// The repositories of the two sides.
    public let route: Route
    /// The tag that is set last; `nil` for an image that is written without one.
    public let tag: TagName?
    /// Whether the tag is new.
    public let change: Change
    /// The manifest that the tag will point to.
    public let root: ManifestDocument
    /// The manifests below the root, in levels: all that a manifest points to stands in levels before its own.
    public internal(set) var children: [[ManifestDocument]]
    /// The blobs of all these manifests, each once, in the order in which they are met.
    public let blobs: [Descriptor]
    /// The layers whose publisher does not let them be copied; they are left out.
    public let leftOut: [Descriptor]
    /// What indexes of it point to, and what is left out on purpose.
    public var omitted: Set<Digest> = []
    /// The image's digest at the source, where it is written anew.
    public var original: Digest?
    /// What the image refers to, if it is copied because of that.
    public var subject: Digest?
    /// What hangs on the image: all of it is there before the tag is moved.
    public var companions: [RootPlan] = []

    /// The bytes of the blobs in all, those of companions too.
    ///
    /// Sums that no real image has are cut at the largest number.
    public var blobBytes: Int64 {
        companions.reduce(blobs.reduce(0) { $0.addingClamped($1.size) }) { $0.addingClamped($1.blobBytes) }
    }

    /// The digest by which the source knows the image.
    public var sourceDigest: Digest { original ?? root.descriptor.digest }

    /// The layers that are left out, those of companions too.
    public var allLeftOut: [Descriptor] { companions.reduce(leftOut) { $0 + $1.allLeftOut } }

    /// The number of manifests that are written for the image, without its companions.
    public var manifestCount: Int { children.reduce(change == .unchanged ? 0 : 1) { $0 + $1.count } }
}
