// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Reads values out of a config file and collects what is wrong, so that all of it can be said at once.
///
/// Each reading function reports a value that does not fit and returns `nil`, so that reading goes on with the next.
final class ConfigReader {
    /// The folder of the file, from which relative paths start.
    let folder: String
    private(set) var mistakes: [ConfigMistake] = []

    init(folder: String = ".") { self.folder = folder }

    /// Notes that something is wrong.
    func report(_ problem: ConfigMistake.Problem, at mark: ConfigNode.Mark, _ path: ConfigPath) {
        mistakes.append(ConfigMistake(mark: mark, path: path, problem: problem))
    }

    /// Notes that something is wrong with a value.
    func report(_ problem: ConfigMistake.Problem, at node: ConfigNode) { report(problem, at: node.mark, node.path) }

    /// The entries of a mapping whose keys are free, names of registries for example.
    func entries(_ node: ConfigNode) -> [ConfigNode.Entry]? {
        // A key whose lines are all commented out is no mistake.
        if node.isEmpty { return [] }
        guard case .mapping(let entries) = node.value else {
            reportExpected("a mapping", node)
            return nil
        }
        return entries
    }

    /// The entries of a mapping whose keys are known; others are reported, and so are those that are missing.
    func mapping(_ node: ConfigNode, _ shape: ConfigShape) -> ConfigMapping? {
        guard let entries = entries(node) else { return nil }
        let known = shape.names
        for entry in entries where !known.contains(entry.key) {
            let nearest = NearestWord.find(entry.key, among: known)
            report(.unknownKey(nearest: nearest, known: known), at: entry.keyMark, entry.value.path)
        }
        for name in shape.required where !entries.contains(where: { $0.key == name }) {
            report(.missingKey(name), at: node)
        }
        return ConfigMapping(node: node, entries: entries.filter { known.contains($0.key) }, reader: self)
    }

    /// The items of a list.
    func list(_ node: ConfigNode) -> [ConfigNode]? {
        if node.isEmpty { return [] }
        guard case .list(let items) = node.value else {
            reportExpected("a list", node)
            return nil
        }
        return items
    }

    /// A text that is not empty.
    ///
    /// What looks like a number is one, too: `1.20` stays `1.20`.
    func text(_ node: ConfigNode, _ expected: String = "a text") -> String? {
        guard case .scalar(let text, let isPlain) = node.value, !node.isEmpty, !text.isEmpty,
            !isPlain || Self.word(text) == nil
        else {
            reportExpected(expected, node)
            return nil
        }
        return text
    }

    /// The path of a file; a relative one starts at the folder of the config file.
    func path(_ node: ConfigNode) -> String? {
        text(node, "a path").map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
    }

    /// `true` or `false`.
    func flag(_ node: ConfigNode) -> Bool? {
        guard case .scalar("true", isPlain: true) = node.value else {
            guard case .scalar("false", isPlain: true) = node.value else {
                reportExpected("true or false", node)
                return nil
            }
            return false
        }
        return true
    }

    /// A whole number.
    func number(_ node: ConfigNode, in range: ClosedRange<Int>) -> Int? {
        guard case .scalar(let text, isPlain: true) = node.value, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            !text.isEmpty
        else {
            reportExpected("a whole number", node)
            return nil
        }
        guard let number = Int(text), range.contains(number) else {
            report(.outOfRange(text, from: "\(range.lowerBound)", to: "\(range.upperBound)"), at: node)
            return nil
        }
        return number
    }

    /// A duration: a whole number and `ms`, `s`, `m`, `h` or `d`.
    func duration(_ node: ConfigNode, in range: ClosedRange<ConfigDuration>) -> Duration? {
        guard let text = text(node, ConfigDuration.form) else { return nil }
        guard let duration = ConfigDuration(text) else {
            reportExpected(ConfigDuration.form, node)
            return nil
        }
        guard range.contains(duration) else {
            report(.outOfRange(text, from: range.lowerBound.text, to: range.upperBound.text), at: node)
            return nil
        }
        return duration.value
    }

    /// One of a few words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ node: ConfigNode, _: Choice.Type) -> Choice? {
        let allowed = Choice.allCases.map(\.rawValue)
        guard case .scalar(let text, _) = node.value, !node.isEmpty else {
            reportExpected(allowed.joined(separator: " or "), node)
            return nil
        }
        guard let choice = Choice(rawValue: text) else {
            report(.notAllowed(text, allowed: allowed), at: node)
            return nil
        }
        return choice
    }

    /// Notes that something else stands where a form is expected.
    func reportExpected(_ expected: String, _ node: ConfigNode) {
        // It is known already what is wrong with it.
        if case .refused = node.value { return }
        report(.expected(expected, found: Self.kind(of: node)), at: node)
    }

    private static func kind(of node: ConfigNode) -> String {
        switch node.value {
        case .list: "a list"
        case .mapping: "a mapping"
        case .refused: "nothing"
        case .scalar where node.isEmpty: "nothing"
        case .scalar("", _): "an empty text"
        // What stands there may be a secret in the wrong place, so it is not shown.
        case .scalar(let text, isPlain: true): word(text) ?? "a text"
        case .scalar: "a text"
        }
    }

    /// The words that readers of YAML take for truth values, today or in YAML 1.1.
    private static func word(_ text: String) -> String? {
        ["true", "false", "yes", "no", "on", "off"].contains(text.lowercased()) ? "the word \(text)" : nil
    }
}

/// The entries of a mapping, by their keys.
struct ConfigMapping {
    let node: ConfigNode
    let entries: [ConfigNode.Entry]
    let reader: ConfigReader

    init(node: ConfigNode, entries: [ConfigNode.Entry], reader: ConfigReader) {
        self.node = node
        self.entries = entries
        self.reader = reader
    }

    /// What stands at a key; `nil` if it is not there, or cannot be read, which is reported.
    func value<Value>(_ key: ConfigKey<Value>) -> Value? { self[key.name].flatMap { key.read($0, reader) } }

    /// Whether a key is there, whatever stands at it.
    func has<Value>(_ key: ConfigKey<Value>) -> Bool { self[key.name] != nil }

    /// The value of a key, if it is there.
    subscript(key: String) -> ConfigNode? { entries.first { $0.key == key }?.value }

    /// Where a key stands.
    func mark(of key: String) -> ConfigNode.Mark { entries.first { $0.key == key }?.keyMark ?? node.mark }
}

/// A duration as config files write it.
struct ConfigDuration: Comparable {
    static let form = "a duration such as 500ms, 15s, 10m, 2h or 30d"
    /// The same for a schema.
    static let pattern = "^[0-9]{1,9}(ms|s|m|h|d)$"

    let text: String
    let value: Duration

    /// Reads a duration; `nil` if the text is none.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number < 1_000_000_000 else { return nil }
        switch text[digits.endIndex...] {
        case "ms": value = .milliseconds(number)
        case "s": value = .seconds(number)
        case "m": value = .seconds(number * 60)
        case "h": value = .seconds(number * 3600)
        case "d": value = .seconds(number * 86_400)
        default: return nil
        }
        self.text = text
    }

    private init(text: String, value: Duration) {
        self.text = text
        self.value = value
    }

    static func milliseconds(_ number: Int) -> Self { Self(text: "\(number)ms", value: .milliseconds(number)) }
    static func seconds(_ number: Int) -> Self { Self(text: "\(number)s", value: .seconds(number)) }
    static func hours(_ number: Int) -> Self { Self(text: "\(number)h", value: .seconds(number * 3600)) }
    static func days(_ number: Int) -> Self { Self(text: "\(number)d", value: .seconds(number * 86_400)) }

    static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// Finds what somebody may have meant.
enum NearestWord {
    /// The word with the fewest letters to change, add, drop or swap; `nil` if none is near.
    static func find(_ text: String, among words: [String]) -> String? {
        guard text.utf8.count <= 64 else { return nil }
        let word = text.lowercased().replacing("_", with: "-")
        let best = words.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }.min { $0.1 < $1.1 }
        guard let best, best.1 <= max(1, best.0.utf8.count / 3) else { return nil }
        return best.0
    }

    /// The distance of Damerau and Levenshtein, in its form for neighbouring letters.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [Array(0...right.count)]
        for (i, letter) in left.enumerated() {
            var row = [i + 1]
            for (j, other) in right.enumerated() {
                var least = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (letter == other ? 0 : 1))
                if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
