// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What is known of a tag when it is to be judged.
public struct TagFacts: Hashable, Sendable {
    /// The tag.
    public let tag: TagName
    /// What it points to.
    public let digest: Digest?
    /// When that was.
    public let date: TagDate?

    /// Puts together what is known.
    public init(tag: TagName, digest: Digest? = nil, date: TagDate? = nil) {
        self.tag = tag
        self.digest = digest
        self.date = date
    }
}

/// A moment in the life of what a tag points to.
public struct TagDate: Hashable, Sendable {
    /// What happened then.
    public enum Kind: String, Hashable, Sendable {
        /// The registry says that the tag was pushed.
        case pushed
        /// The image says that it was made; registries need not know when it was pushed.
        case created
    }

    /// The seconds since the beginning of 1970, UTC.
    public let seconds: Int64
    /// What happened then.
    public let kind: Kind

    /// Makes a date.
    public init(seconds: Int64, kind: Kind) {
        self.seconds = seconds
        self.kind = kind
    }

    /// The date that counts of what is known: the push, or else the making.
    public static func preferred(pushed: Int64?, created: Int64?) -> TagDate? {
        pushed.map { TagDate(seconds: $0, kind: .pushed) } ?? created.map { TagDate(seconds: $0, kind: .created) }
    }
}
