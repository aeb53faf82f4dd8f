// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// The items of `repositories`: a name or a pattern, an exclusion with `!` in front, or a mapping of these keys.
enum RepositoryKeys {
    static let name = ConfigKey<RepositoryPattern>(
        "name",
        "The repository, or a pattern with * and **, below from.",
        .text()
    ) { node, reader in reader.text(node, "the name of a repository").flatMap { pattern($0, at: node, reader) } }
    static let tags = ConfigKey<TagRule>("tags", "Which tags; all unless it is said.", TagKeys.schema) { node, reader in
        TagKeys.read(node, reader)
    }
    static let digests = ConfigKey<[Digest]>
        .list(
            "digests",
            "Images to copy by their digest, whether a tag points to them or not.",
            of: .text()
        ) { item, reader in
            guard let text = reader.text(item, "a digest") else { return nil }
            do throws(DigestError) { return try Digest(text) } catch {
                reader.report(.badDigest(error), at: item)
                return nil
            }
        }
    static let rename = ConfigKey<NameTemplate>(
        "as",
        "What it is called at the destination, below to; {path} is its name below from, {name} the last part of that, "
            + "{parent} the rest.",
        .text()
    ) { node, reader in
        guard let text = reader.text(node, "a name") else { return nil }
        do throws(TemplateError) { return try NameTemplate(text) } catch {
            reader.report(.badTemplate(error), at: node)
            return nil
        }
    }
    static let shape = ConfigShape([name.field, tags.field, digests.field, rename.field], required: [name.name])
    static let schema = ConfigSchema.list(.either([.text(), .mapping(shape)]))

    /// What the items say together.
    struct Items {
        var rules: [RepositoryRule] = []
        var lines: [Int] = []
        var exclusions: [RepositoryPattern] = []
        fileprivate var names: [(name: RepositoryName, node: ConfigNode)] = []
        fileprivate var exclusionLines: [Int] = []
    }

    /// Reads the list.
    /// - Parameter defaultTags: The rule of the job for repositories without one of their own.
    static func read(_ node: ConfigNode, defaultTags: TagRule?, isHub: Bool, _ reader: ConfigReader) -> Items? {
        guard let nodes = reader.list(node) else { return nil }
        var items = Items()
        for item in nodes { add(item, to: &items, defaultTags: defaultTags, isHub: isHub, reader) }
        checkTogether(items, reader)
        if items.rules.isEmpty, reader.mistakes.isEmpty {
            reader.report(.expected("a list with a repository in it", found: "none"), at: node)
        }
        return items
    }

    private static func add(
        _ item: ConfigNode,
        to items: inout Items,
        defaultTags: TagRule?,
        isHub: Bool,
        _ reader: ConfigReader
    ) {
        func append(_ pattern: RepositoryPattern, _ tags: TagRule?, _ digests: [Digest], _ rename: NameTemplate?) {
            let pattern = isHub ? pattern.ofHub : pattern
            items.rules.append(RepositoryRule(pattern: pattern, tags: tags, digests: digests, rename: rename))
            items.lines.append(item.mark.line)
            if let name = pattern.literal { items.names.append((name, item)) }
        }
        if case .scalar = item.value {
            guard let text = reader.text(item, "the name of a repository") else { return }
            if text.hasPrefix("!") {
                guard let pattern = pattern(String(text.dropFirst()), at: item, reader) else { return }
                items.exclusions.append(isHub ? pattern.ofHub : pattern)
                items.exclusionLines.append(item.mark.line)
            } else if let pattern = pattern(text, at: item, reader) {
                append(pattern, defaultTags, [], nil)
            }
            return
        }
        guard let entry = reader.mapping(item, shape) else { return }
        let pattern = entry.value(name)
        let digests = entry.value(digests) ?? []
        let rename = entry.value(rename)
        // Digests without a rule for tags are all that is wanted of a repository.
        let tags = entry.value(tags) ?? (digests.isEmpty ? defaultTags : nil)
        guard let pattern else { return }
        if pattern.literal == nil {
            if entry.has(Self.digests), let node = entry[Self.digests.name] {
                reader.report(.oneRepositoryOnly, at: node)
            }
            if rename?.isConstant == true, let node = entry[Self.rename.name] { reader.report(.manyToOne, at: node) }
        }
        append(pattern, tags, digests, rename)
    }

    /// Items that are right by themselves, but not beside each other.
    private static func checkTogether(_ items: Items, _ reader: ConfigReader) {
        var lines: [RepositoryName: Int] = [:]
        for (name, node) in items.names {
            if let line = lines[name] {
                reader.report(.repeated(name.text, firstLine: line), at: node)
            } else {
                lines[name] = node.mark.line
            }
            if let index = items.exclusions.firstIndex(where: { $0.matches(name) }) {
                reader.report(.excludedInLine(items.exclusionLines[index]), at: node)
            }
        }
    }

    static func pattern(_ text: String, at node: ConfigNode, _ reader: ConfigReader) -> RepositoryPattern? {
        do throws(PatternError) { return try RepositoryPattern(text) } catch {
            reader.report(.badPattern(error), at: node)
            return nil
        }
    }
}

extension RepositoryPattern {
    /// At Docker Hub, a name without a slash is one of `library`.
    var ofHub: RepositoryPattern {
        guard let name = literal, !name.text.contains("/") else { return self }
        return (try? RepositoryPattern("library/\(name)")) ?? self
    }
}
