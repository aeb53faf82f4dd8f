// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Yams

/// Turns the text of a config file, YAML or JSON, into nodes, and refuses what has more than one meaning or grows
/// beyond its text: anchors and aliases, tags, several documents, keys that stand twice.
struct ConfigDocument {
    /// The largest file that is read.
    static let maximumSize = 1 << 20
    /// How deep values may stand in each other.
    static let maximumDepth = 32

    private let reader: ConfigReader
    private let repeats: RepeatedKeys

    /// Reads a file's content.
    /// - Returns: The outermost value; `nil` if it cannot be told, which the reader then knows. An empty file is an
    ///   empty mapping.
    static func parse(_ bytes: [UInt8], _ reader: ConfigReader) -> ConfigNode? {
        func fail(_ problem: ConfigMistake.Problem, _ mark: ConfigNode.Mark = .start) -> ConfigNode? {
            reader.report(problem, at: mark, .root)
            return nil
        }
        guard bytes.count <= maximumSize else { return fail(.tooLarge(maximumSize)) }
        guard let text = String(validating: bytes, as: UTF8.self) else { return fail(.notText) }
        // Yams resolves aliases while it parses: a chain of a few can stand for billions of values.
        if let mark = AliasGuard.manyAliases(in: text) { return fail(.refused("an alias"), mark) }
        let empty = ConfigNode(value: .mapping([]), mark: .start, path: .root)
        do throws(YAMLMistake) {
            return try YAMLText.withRoot(of: text) { root, repeats in
                let node = ConfigDocument(reader: reader, repeats: repeats).node(root, .root, depth: 0)
                return node.isEmpty ? empty : node
            } ?? empty
        } catch { return fail(error.problem, error.mark) }
    }

    private func node(_ node: Node, _ path: ConfigPath, depth: Int, isKey: Bool = false) -> ConfigNode {
        let mark = node.mark.map { ConfigNode.Mark(line: $0.line, column: $0.column) } ?? .start
        func refuse(_ problem: ConfigMistake.Problem) -> ConfigNode {
            reader.report(problem, at: mark, path)
            return ConfigNode(value: .refused, mark: mark, path: path)
        }
        guard depth <= Self.maximumDepth else { return refuse(.tooDeep(Self.maximumDepth)) }
        guard node.anchor == nil else { return refuse(.refused("an anchor")) }
        switch node {
        case .alias: return refuse(.refused("an alias"))
        case .scalar(let scalar):
            guard !Self.isTagged(scalar, isKey: isKey) else { return refuse(.refused("a tag")) }
            let isPlain = scalar.style == .plain
            return ConfigNode(
                value: .scalar(repeats.original(of: scalar.string), isPlain: isPlain),
                mark: mark,
                path: path
            )
        case .sequence(let sequence):
            guard ["", "\(Self.ownTags)seq"].contains(sequence.tag.rawValue) else { return refuse(.refused("a tag")) }
            let items = sequence.enumerated()
                .map { index, item in
                    self.node(item, path.item(index), depth: depth + 1)
                }
            return ConfigNode(value: .list(items), mark: mark, path: path)
        case .mapping(let mapping):
            guard ["", "\(Self.ownTags)map"].contains(mapping.tag.rawValue) else { return refuse(.refused("a tag")) }
            return ConfigNode(value: .mapping(entries(mapping, path, depth: depth)), mark: mark, path: path)
        }
    }

    private func entries(_ mapping: Node.Mapping, _ path: ConfigPath, depth: Int) -> [ConfigNode.Entry] {
        var entries: [ConfigNode.Entry] = []
        var lines: [String: Int] = [:]
        for (keyNode, valueNode) in mapping {
            let mark = keyNode.mark.map { ConfigNode.Mark(line: $0.line, column: $0.column) } ?? .start
            guard case .scalar = keyNode else {
                reader.report(.expected("a key that is a text", found: "a list or a mapping"), at: mark, path)
                continue
            }
            guard case .scalar(let name, _) = node(keyNode, path, depth: depth, isKey: true).value else { continue }
            let keyPath = path.key(name)
            // Read in any case: what is wrong inside of it is to be said, too.
            let value = node(valueNode, keyPath, depth: depth + 1)
            if let line = lines[name] {
                reader.report(.duplicateKey(firstLine: line), at: mark, keyPath)
            } else {
                lines[name] = mark.line
                entries.append(ConfigNode.Entry(key: name, keyMark: mark, value: value))
            }
        }
        return entries
    }

    /// What YAML's own tags begin with.
    private static let ownTags = "tag:yaml.org,2002:"

    /// Whether a tag is written.
    ///
    /// What Yams has found out for itself looks the same: that a text in quotes is one, and what kind of thing a key is.
    private static func isTagged(_ scalar: Node.Scalar, isKey: Bool) -> Bool {
        let tag = scalar.tag.rawValue
        guard scalar.style == .plain else { return tag != "\(ownTags)str" }
        return !tag.isEmpty && !(isKey && tag.hasPrefix(ownTags))
    }
}
