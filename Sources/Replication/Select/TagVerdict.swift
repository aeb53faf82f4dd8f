// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What a rule means for one tag, and why.
public enum TagVerdict: Hashable, Sendable {
    /// The tag is taken.
    case taken(TakenReason)
    /// The tag is left out.
    case dropped(DroppedReason)
    /// More has to be known: the tag's date, or those of others.
    case undecided

    /// Whether the tag is taken.
    public var isTaken: Bool {
        if case .taken = self { true } else { false }
    }
}

/// What a tag had to meet to be taken; all of it is `nil` where there is no rule.
public struct TakenReason: Hashable, Sendable {
    /// The pattern of `include` that covers it.
    public let pattern: TagPattern?
    /// The range that its version is in.
    public let versions: VersionRange?
    /// The date that was looked at.
    public let date: TagDate?
    /// Where it stands among the newest.
    public let place: NewestPlace?

    /// Puts a reason together.
    public init(
        pattern: TagPattern? = nil,
        versions: VersionRange? = nil,
        date: TagDate? = nil,
        place: NewestPlace? = nil
    ) {
        self.pattern = pattern
        self.versions = versions
        self.date = date
        self.place = place
    }
}

/// Why a tag is left out: the first of these, in this order, that holds.
public enum DroppedReason: Hashable, Sendable {
    /// It belongs to another image, and goes with that.
    case companion
    /// No pattern of `include` covers it.
    case notIncluded
    /// A pattern of `exclude` covers it.
    case excluded(by: TagPattern)
    /// The rule speaks of versions, and the tag is none.
    case noVersion
    /// Its version is not in the range.
    case outOfRange(VersionNumber, VersionRange)
    /// Its version is between the bounds of the range, but a prerelease that the range does not name.
    case prerelease(VersionNumber, VersionRange)
    /// The rule speaks of dates, and the tag's is unknown.
    case noDate
    /// It is older than what is taken, which begins at that second since 1970.
    case tooOld(TagDate, since: Int64)
    /// There are enough newer ones.
    case notNewest(NewestPlace)
}

/// Where a tag stands among the newest: "6th newest of variant alpine; 5 are kept".
public struct NewestPlace: Hashable, Sendable {
    /// The place, from 1; tags of the same version share one.
    public let place: Int
    /// How many are taken.
    public let count: Int
    /// What newest means.
    public let order: TagRule.Order
    /// The variant within which it was counted; `nil` for plain images, and for dates.
    public let variant: String?

    /// Makes a place.
    public init(place: Int, count: Int, order: TagRule.Order, variant: String?) {
        self.place = place
        self.count = count
        self.order = order
        self.variant = variant
    }

    /// Whether it is among those that are taken.
    public var isKept: Bool { place <= count }
}
