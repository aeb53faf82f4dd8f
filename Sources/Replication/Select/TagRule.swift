// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Which tags of a repository are taken.
///
/// A tag is taken if one of `include` covers it (or there is none), none of `exclude` does, its version is in the range, and
/// its date is in the window; of what is left the newest are taken. Companion tags are never taken by a rule. In which
/// order patterns are given makes no difference, not even for which of them a verdict names.
public struct TagRule: Hashable, Sendable {
    /// How many of the newest tags are taken.
    public struct Newest: Hashable, Sendable {
        /// How many.
        public let count: Int
        /// What newest means.
        public let order: Order

        /// Makes a limit.
        public init(count: Int, by order: Order) {
            self.count = count
            self.order = order
        }
    }

    /// What makes a tag newer than another.
    public enum Order: String, Hashable, Sendable, CaseIterable {
        /// A higher version, within each variant; tags of the same version count as one.
        case version
        /// A later date, among all tags of the repository.
        case date
    }

    /// What is taken; nothing here means everything.
    public let include: [TagPattern]
    /// What is not taken all the same.
    public let exclude: [TagPattern]
    /// Which versions are taken.
    public let versions: VersionRange?
    /// The age in seconds up to which tags are taken.
    public let pushedWithin: Int64?
    /// How many of the newest are taken.
    public let newest: Newest?

    /// Makes a rule.
    public init(
        include: [TagPattern] = [],
        exclude: [TagPattern] = [],
        versions: VersionRange? = nil,
        pushedWithin: Int64? = nil,
        newest: Newest? = nil
    ) {
        self.include = Set(include).sorted()
        self.exclude = Set(exclude).sorted()
        self.versions = versions
        self.pushedWithin = pushedWithin
        self.newest = newest
    }

    /// Whether tags can only be judged with their dates.
    public var needsDates: Bool { pushedWithin != nil || newest?.order == .date }

    /// Whether tags that are no versions are out of the question.
    var needsVersions: Bool { versions != nil || newest?.order == .version }
}
