// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Which repositories and images of a source are meant.
public enum Selection: Hashable, Sendable {
    /// All tags of all repositories for which the scope's pattern holds.
    case catalog(Address.Scope)
    /// All tags of one repository.
    case repository(RepositoryName)
    /// One image.
    case image(RepositoryName, Target)
    /// What the rules of a job take.
    case rules(Ruled)
    /// Images and repositories that are listed one by one; a repository without a target stands for all of its tags.
    case references([Reference])
    /// The images of a plan, with what it counted on.
    case pinned([PinnedImage])

    /// What an address means in `copy`: a repository alone stands for its tag `latest`, unless all tags are asked for.
    public init(_ scope: Address.Scope, allTags: Bool) {
        self =
            switch scope {
            case .registry, .subtree, .level: .catalog(scope)
            case .repository(let name): allTags ? .repository(name) : .image(name, .tag(.latest))
            case .image(let name, let target): .image(name, target)
            }
    }

    /// What rules take of the repositories below a path.
    public struct Ruled: Hashable, Sendable {
        /// The rules; their names are relative to the path.
        public let rules: RepositoryRules
        /// The path; `nil` stands for the whole registry.
        public let base: RepositoryName?
        /// The seconds since the beginning of 1970, UTC, to which windows of dates relate.
        public let now: Int64

        /// Makes a selection.
        public init(_ rules: RepositoryRules, below base: RepositoryName?, now: Int64) {
            self.rules = rules
            self.base = base
            self.now = now
        }
    }

    /// One repository, or one image of it.
    public struct Reference: Hashable, Sendable {
        /// The repository.
        public let repository: RepositoryName
        /// The image; `nil` for all tags.
        public let target: Target?
        /// The tag that is written beside a digest.
        public let writtenTag: TagName?

        /// Makes a reference.
        public init(_ repository: RepositoryName, _ target: Target?, writtenTag: TagName? = nil) {
            self.repository = repository
            self.target = target
            self.writtenTag = writtenTag
        }
    }

    /// One image of a plan.
    public struct PinnedImage: Hashable, Sendable {
        /// The repositories of the two sides.
        public let route: Route
        /// The content.
        public let digest: Digest
        /// The tag that is to be set; `nil` for an image without one.
        public let tag: TagName?
        /// What the tag pointed to at the destination; `nil` if it was not there.
        public let old: Digest?

        /// Makes an image of a plan.
        public init(route: Route, digest: Digest, tag: TagName?, old: Digest?) {
            self.route = route
            self.digest = digest
            self.tag = tag
            self.old = old
        }
    }
}
