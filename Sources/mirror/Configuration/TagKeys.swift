// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// The keys of `tags`.
enum TagKeys {
    static let include = patterns("include", "Tags to take: names, patterns with * and ?, /regular expressions/.")
    static let exclude = patterns("exclude", "Tags to leave out, whatever include says.")
    static let semver = ConfigKey<VersionRange>(
        "semver",
        "The range of versions to take, as in >=1.24 <2, ^1.2 or 1.x; a variant such as -alpine does not matter.",
        .text()
    ) { node, reader in
        guard let text = reader.text(node, "a range of versions") else { return nil }
        do throws(VersionRangeError) { return try VersionRange(text) } catch {
            reader.report(.badRange(error), at: node)
            return nil
        }
    }
    static let pushedWithin = ConfigKey<Duration>
        .duration(
            "pushed-within",
            "Take what was pushed, or where the source does not tell, made, in so long a time before now.",
            in: .seconds(1)...(.days(36_500))
        )
    static let newest = ConfigKey<TagRule.Newest>(
        "newest",
        "How many of the newest to take, by version; by: date asks the source for dates.",
        .either([.number(Newest.range), .mapping(Newest.shape)])
    ) { node, reader in Newest.read(node, reader) }
    static let shape = ConfigShape([include.field, exclude.field, semver.field, pushedWithin.field, newest.field])
    /// A list stands for `include` alone.
    static let schema = ConfigSchema.either([.list(.text()), .mapping(shape)])

    /// The keys of `newest`.
    enum Newest {
        static let range = 1...100_000
        static let count = ConfigKey<Int>.number("count", "How many.", in: range)
        static let by = ConfigKey<TagRule.Order>.choice("by", "What is newest: version (unless it is said) or date.")
        static let shape = ConfigShape([count.field, by.field], required: [count.name])

        static func read(_ node: ConfigNode, _ reader: ConfigReader) -> TagRule.Newest? {
            if case .scalar = node.value {
                return reader.number(node, in: range).map { TagRule.Newest(count: $0, by: .version) }
            }
            guard let entry = reader.mapping(node, shape) else { return nil }
            return entry.value(count).map { TagRule.Newest(count: $0, by: entry.value(by) ?? .version) }
        }
    }

    static func read(_ node: ConfigNode, _ reader: ConfigReader) -> TagRule? {
        if case .list(let items) = node.value {
            // Whoever writes an empty list hardly means all tags, which it would be.
            if items.isEmpty { reader.report(.expected("a list with a tag in it", found: "none"), at: node) }
            return TagRule(include: items.compactMap { pattern($0, reader) })
        }
        guard let entry = reader.mapping(node, shape) else { return nil }
        return TagRule(
            include: entry.value(include) ?? [],
            exclude: entry.value(exclude) ?? [],
            versions: entry.value(semver),
            pushedWithin: entry.value(pushedWithin)?.components.seconds,
            newest: entry.value(newest)
        )
    }

    private static func patterns(_ name: String, _ about: String) -> ConfigKey<[TagPattern]> {
        .list(name, about, of: .text()) { item, reader in pattern(item, reader) }
    }

    private static func pattern(_ node: ConfigNode, _ reader: ConfigReader) -> TagPattern? {
        guard let text = reader.text(node, "a tag or a pattern") else { return nil }
        do throws(PatternError) { return try TagPattern(text) } catch {
            reader.report(.badPattern(error), at: node)
            return nil
        }
    }
}
