// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How repositories and images are called at the destination: the destination replaces the fixed part of the source.
///
/// | Source | Destination | `a/x/app` becomes |
/// |---|---|---|
/// | `a/x/app` | `b/y/app2` | `b/y/app2` |
/// | `a/x/**` | `b/y` | `b/y/app` |
/// | `a/x/**` | `b/` | `b/app` |
/// | `a/` | `b/m` | `b/m/x/app` |
public struct NameMapping: Hashable, Sendable {
    private enum Rule: Hashable, Sendable {
        case exact(RepositoryName)
        case prefix(fixed: RepositoryName?, replacement: RepositoryName?)
    }

    private let rule: Rule
    /// Below what the destination lies inside the source; `nil` where these are two places.
    private let inside: RepositoryName?
    /// Whether source and destination are one place, so that what is copied is there already, in another repository.
    public let isWithinOnePlace: Bool
    /// The tag of one image, where an address says it: the destination's, or the source's beside a digest.
    public let tag: TagName?
    /// Which tags images get that are named by their digests alone.
    public var digestTags = DigestTags.standard

    /// Everything keeps its name, in another place.
    public static let unchanged = NameMapping(rule: .prefix(fixed: nil, replacement: nil))

    private init(rule: Rule) {
        self.rule = rule
        (inside, isWithinOnePlace, tag) = (nil, false, nil)
    }

    /// Derives the rule from a pair of addresses.
    /// - Throws: ``MappingError`` where the destination cannot take the place of the source's fixed part.
    public init(from source: Address, to destination: Address) throws(MappingError) {
        if case .bundle = destination.place { throw .destinationIsBundle }
        if case .archive(let format, _) = destination.place { throw .destinationIsArchive(format) }
        let target: RepositoryName?
        var tag: TagName?
        switch destination.scope {
        case .registry: target = nil
        case .repository(let name): target = name
        case .image(let name, .tag(let written)):
            target = name
            tag = written
        case .image(_, .digest): throw .destinationIsDigest
        case .subtree, .level: throw .destinationIsPattern
        }
        switch source.scope {
        case .image(let name, _), .repository(let name):
            // A store is a folder of one's own, where things can keep their names.
            let kept: RepositoryName? = if case .layout = destination.place { name } else { nil }
            guard let target = target ?? kept else { throw .destinationNeedsRepository }
            if tag != nil, case .repository = source.scope { throw .manyToOneTag }
            rule = .exact(target)
        case .registry:
            rule = .prefix(fixed: nil, replacement: target)
        case .subtree(let fixed), .level(let fixed):
            rule = .prefix(fixed: fixed, replacement: target)
        }
        if tag != nil, case .prefix = rule { throw .manyToOneTag }
        if case .oci = destination.place, case .prefix = rule { throw .manyToOneLayout }
        self.tag = tag ?? source.writtenTag
        isWithinOnePlace = source.place.isSame(as: destination.place)
        inside = isWithinOnePlace ? target : nil
    }

    /// Whether a repository of the source's catalog lies where this mapping writes to, in the same registry.
    ///
    /// Copying it would nest what was copied before one level deeper with each run.
    public func isDestination(_ repository: RepositoryName) -> Bool {
        guard case .prefix = rule, let inside else { return false }
        return repository == inside || repository.text.hasPrefix("\(inside)/")
    }

    /// What an image is tagged at the destination; `nil` for not at all.
    /// - Parameter writtenTag: The tag that is written beside a digest.
    public func destinationTag(of target: Target, writtenTag: TagName?) -> TagName? {
        if let tag { return tag }
        switch target {
        case .tag(let tag): return tag
        case .digest(let digest): return writtenTag ?? digestTags.tag(of: digest)
        }
    }

    /// What a repository of the source is called at the destination.
    /// - Throws: ``NameError`` if the new name is too long.
    public func destination(of repository: RepositoryName) throws(NameError) -> RepositoryName {
        switch rule {
        case .exact(let name): return name
        case .prefix(let fixed, let replacement):
            let rest = fixed.map { repository.text.dropFirst($0.text.count + 1) } ?? Substring(repository.text)
            return try RepositoryName(replacement.map { "\($0)/\(rest)" } ?? String(rest))
        }
    }
}

/// Why one address cannot be copied to another.
public enum MappingError: Error, Hashable, Sendable {
    /// A destination with a digest: content decides its own digest.
    case destinationIsDigest
    /// A destination with `*`: it must say one place.
    case destinationIsPattern
    /// One repository goes to a bare registry, so it has no name there.
    case destinationNeedsRepository
    /// Several tags would all become one.
    case manyToOneTag
    /// Several repositories would all become the one of a layout.
    case manyToOneLayout
    /// A bundle is written as a whole.
    case destinationIsBundle
    /// Archives of other tools are only read.
    case destinationIsArchive(ArchiveFormat)
}
