// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// One thing in which the destination is not as the source has it.
public struct Finding: Hashable, Sendable {
    /// What differs.
    public enum Kind: Hashable, Sendable {
        /// The tag, or the image without one, is not there; what it would point to.
        case missing(Digest)
        /// The tag points to something else.
        case moved(new: Digest, old: Digest)
        /// The referrer is there, and not among those that the destination lists for this manifest.
        case unlisted(subject: Digest)
        /// The tag is there, and nothing that is selected brings it.
        case extra(Digest?)
        /// Something that the image reaches is not there.
        case incomplete(Part)
        /// Something that the image reaches is there, with other bytes than its name says.
        case damaged(Part, Flaw)
    }

    /// Something that an image consists of.
    public struct Part: Hashable, Sendable {
        /// Its name.
        public let digest: Digest
        /// Its length as its parent states it; `nil` for the root.
        public let size: Int64?
        /// Whether it is a manifest; otherwise it is a blob.
        public let isManifest: Bool
        /// The manifest that points to it; `nil` for the root.
        public let parent: Digest?
    }

    /// What is wrong with bytes that are there.
    public enum Flaw: Hashable, Sendable {
        /// They have another digest.
        case bytes(actual: Digest)
        /// There are more or fewer of them; `nil` where it is only known that there are more.
        case size(actual: Int64?)
    }

    /// The repositories of the two sides.
    public let route: Route
    /// What the image is called at the source; for an extra tag, at the destination.
    public let target: Target
    /// The tag at the destination; `nil` for an image without one.
    public let tag: TagName?
    /// What the image is at the source; `nil` for an extra tag.
    public let root: Digest?
    /// What differs.
    public let kind: Kind

    /// What of the image is concerned; `nil` where it is the tag.
    public var part: Part? {
        switch kind {
        case .incomplete(let part), .damaged(let part, _): part
        case .missing, .moved, .unlisted, .extra: nil
        }
    }

    /// Whether the destination does not serve what the source has; an extra tag takes nothing away.
    public var isDifference: Bool { if case .extra = kind { false } else { true } }
}

extension Finding.Flaw {
    /// What an error of reading says of the content; `nil` where it says that there is none.
    init?(_ error: ContentError) {
        switch error {
        case .missing, .leftOut: return nil
        case .wrongDigest(_, let actual): self = .bytes(actual: actual)
        case .wrongSize(_, _, let stated): self = .size(actual: stated)
        case .tooShort(_, _, let received): self = .size(actual: received)
        case .tooLong: self = .size(actual: nil)
        }
    }
}
