// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What can be asked of any repository, wherever it is.
public protocol ContentIndex: Sendable {
    /// The tags, in pages. A repository that does not exist has none.
    ///
    /// Names that break the grammar are left out, and reported by the place as it sees fit.
    func tags() -> Pages<TagEntry>

    /// What a tag or digest names, without fetching it; `nil` if it is not there.
    func resolve(_ target: Target) async throws -> Descriptor?

    /// The manifest that a tag or digest names, verified, in one request where the place is remote; `nil` if it is not
    /// there.
    /// - Throws: `ManifestError` for a document that cannot be mirrored, ``ContentError`` for bytes that do not match.
    func document(at target: Target) async throws -> ManifestDocument?

    /// Whether the repository has a blob.
    ///
    /// Places that know lengths do not count one of another length than the descriptor says.
    /// - Throws: ``ContentError/wrongSize(_:expected:stated:)`` where the place can tell that from a blob that is not there.
    func contains(_ blob: Descriptor) async throws -> Bool

    /// The manifests whose subject is `subject`; `nil` where the place has no such list, so that only the referrers tag
    /// tells (distribution-spec, "Listing Referrers").
    ///
    /// - Parameter type: The one kind of artifact that is wanted, if it is one; the list may hold others all the same.
    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]?
}

extension ContentIndex {
    /// Many places have no such list.
    public func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? { nil }
}

/// A tag of a listing, with what the listing says about it.
public struct TagEntry: Hashable, Sendable {
    /// The tag.
    public let tag: TagName
    /// What the tag points to, where the listing says it.
    public let digest: Digest?
    /// What else the listing says; nothing in most places.
    public var details: Details?

    /// What some listings say of an image, to be shown and estimated with, never to be relied on.
    public struct Details: Hashable, Sendable {
        /// About how many bytes the image has in all.
        public var size: Int64?
        /// How many manifests it has, its index among them.
        public var manifests: Int?
        /// When the tag was set, in seconds since the beginning of 1970.
        public var pushed: Int64?

        /// Puts together what a listing says.
        public init(size: Int64? = nil, manifests: Int? = nil, pushed: Int64? = nil) {
            self.size = size
            self.manifests = manifests
            self.pushed = pushed
        }
    }

    /// Makes an entry.
    public init(tag: TagName, digest: Digest? = nil, details: Details? = nil) {
        self.tag = tag
        self.digest = digest
        self.details = details
    }
}
