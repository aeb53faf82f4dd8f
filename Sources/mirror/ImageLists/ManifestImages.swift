// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Yams

/// Finds the images in manifests of Kubernetes and files of Compose: whatever stands at a key `image`, in any kind of object,
/// and at the key `reference` in a mapping there, as volumes that are images have it.
struct ManifestImages {
    /// How deep values may stand in each other.
    static let maximumDepth = 256

    /// What a mapping is, by where it stands.
    private enum Position {
        /// The outermost one.
        case root
        /// The services of a file of Compose.
        case services
        /// A list of containers.
        case containers
        /// One container, or one service: at its key `image`, nothing but an image can stand.
        case container
        case elsewhere
    }

    private static let listsOfContainers = ["containers", "initContainers", "ephemeralContainers"]

    private let firstLine: Int
    private let repeats: RepeatedKeys
    private var anchors: [String: String] = [:]
    private let finds: ImageFinds

    /// Finds all of a text.
    static func find(in bytes: [UInt8], _ finds: ImageFinds) {
        for document in YAMLStream(bytes).documents where finds.goesOn {
            let text = YAMLAliases.hidden(in: document.bytes)
            do throws(YAMLMistake) {
                _ = try YAMLText.withRoot(of: text) { root, repeats in
                    var images = ManifestImages(firstLine: document.line, repeats: repeats, finds: finds)
                    images.walk(root, .root, .root, depth: 0)
                }
            } catch {
                // A template is hardly ever YAML; where it begins says more than where that is noticed.
                let template = Self.templateMark(in: text, before: error)
                finds.report(
                    template == nil ? error.problem : .unfilled("{{"),
                    at: moved(template ?? error.mark, by: document.line)
                )
            }
        }
    }

    private init(firstLine: Int, repeats: RepeatedKeys, finds: ImageFinds) {
        self.firstLine = firstLine
        self.repeats = repeats
        self.finds = finds
    }

    private mutating func walk(_ node: Node, _ path: ConfigPath, _ position: Position, depth: Int) {
        guard finds.goesOn else { return }
        guard depth <= Self.maximumDepth else {
            return finds.report(.tooDeep(Self.maximumDepth), at: mark(of: node))
        }
        note(node)
        switch node {
        case .alias, .scalar: return
        case .sequence(let items):
            let inside: Position = if case .containers = position { .container } else { .elsewhere }
            for (index, item) in items.enumerated() { walk(item, path.item(index), inside, depth: depth + 1) }
        case .mapping(let mapping):
            for (key, value) in mapping {
                note(key)
                let name = key.scalar.map { text(of: $0) } ?? ""
                let valuePath = path.key(name)
                if name == "image" { take(value, valuePath, isCertain: position == .container) }
                walk(value, valuePath, Self.position(of: name, in: position), depth: depth + 1)
            }
        }
    }

    private static func position(of key: String, in position: Position) -> Position {
        if listsOfContainers.contains(key) { return .containers }
        return switch position {
        case .root where key == "services": .services
        case .services: .container
        default: .elsewhere
        }
    }

    /// Takes what stands at a key `image`.
    private mutating func take(_ node: Node, _ path: ConfigPath, isCertain: Bool) {
        switch node {
        case .alias, .sequence: return
        case .scalar(let scalar): take(scalar, path, isCertain: isCertain)
        case .mapping(let mapping):
            guard case .scalar = mapping.first?.key else {
                // Braces in braces, without quotes around them: `{{ .Values.image }}`.
                if mapping.first != nil { finds.report(.unfilled("{{"), at: mark(of: node), path) }
                return
            }
            for (key, value) in mapping where key.scalar.map({ text(of: $0) }) == "reference" {
                if case .scalar(let scalar) = value { take(scalar, path.key("reference"), isCertain: true) }
            }
        }
    }

    private mutating func take(_ scalar: Node.Scalar, _ path: ConfigPath, isCertain: Bool) {
        var text = text(of: scalar)
        if let name = YAMLAliases.name(in: scalar.string) {
            guard let value = anchors[name] else { return }
            text = value
        }
        // What is left empty is filled in by whoever takes the manifest, and a number or a truth value is no text.
        guard !text.isEmpty, !Self.isOther(scalar) else { return }
        finds.take(text, at: mark(of: .scalar(scalar)), path, isCertain: isCertain)
    }

    /// Whether a text without quotes means something else than itself.
    private static func isOther(_ scalar: Node.Scalar) -> Bool {
        // Old YAML has numbers to the base of sixty, which neither Kubernetes nor Compose reads so: `app:1` is an image.
        guard scalar.style == .plain, !scalar.string.contains(":") else { return false }
        let node = Node.scalar(scalar)
        return node.null != nil || node.bool != nil || node.int != nil || node.float != nil
    }

    /// Remembers what aliases of a text stand for.
    private mutating func note(_ node: Node) {
        guard case .scalar(let scalar) = node, let anchor = scalar.anchor else { return }
        anchors[anchor.rawValue] = text(of: scalar)
    }

    private func text(of scalar: Node.Scalar) -> String {
        YAMLAliases.shown(repeats.original(of: scalar.string))
    }

    private func mark(of node: Node) -> ConfigNode.Mark {
        Self.moved(node.mark.map { ConfigNode.Mark(line: $0.line, column: $0.column) } ?? .start, by: firstLine)
    }

    private static func moved(_ mark: ConfigNode.Mark, by lines: Int) -> ConfigNode.Mark {
        ConfigNode.Mark(line: mark.line + lines, column: mark.column)
    }

    /// The place of the last template that begins before a mistake, or in its line.
    private static func templateMark(in text: String, before mistake: YAMLMistake) -> ConfigNode.Mark? {
        guard case .syntax = mistake.problem else { return nil }
        let lines = text.split(separator: "\n", maxSplits: mistake.mark.line, omittingEmptySubsequences: false)
        for (index, line) in lines.prefix(mistake.mark.line).enumerated().reversed() {
            guard let braces = line.firstRange(of: "{{") else { continue }
            let column = line.unicodeScalars.distance(from: line.startIndex, to: braces.lowerBound) + 1
            return ConfigNode.Mark(line: index + 1, column: column)
        }
        return nil
    }
}
