// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Yams

/// Lets a parser that stops at a key that stands twice go on, so that what is wrong behind it is found, too.
///
/// Wherever the key may stand again, it is replaced by as many of one character that is used nowhere else, another one
/// each time. When the text is parsed, each replacement is turned back, wherever it turned out to stand.
struct RepeatedKeys {
    /// The text to parse.
    private(set) var text: String
    private var names: [Character: String] = [:]
    private var rounds = 0

    /// A private plane of Unicode; YAML allows it, and nobody writes it.
    private static let replacements = 0xF0000...0xFFFFD
    /// How many names are replaced before it is given up.
    private static let maximumRounds = 20

    init(text: String) { self.text = text }

    /// Replaces a name wherever it may be a key after a place.
    /// - Returns: `false` if it is found nowhere, or too much was replaced already.
    mutating func rename(_ name: String, after mark: Yams.Mark) -> Bool {
        rounds += 1
        let key = Array(name.unicodeScalars)
        guard rounds <= Self.maximumRounds, !key.isEmpty else { return false }
        var scalars = Array(text.unicodeScalars)
        var position = Self.offset(of: mark, in: scalars) + key.count
        var found = false
        while position + key.count <= scalars.count {
            guard scalars[position..<position + key.count].elementsEqual(key),
                Self.isKey(position..<position + key.count, in: scalars)
            else {
                position += 1
                continue
            }
            let value = Self.replacements.lowerBound + names.count
            guard value <= Self.replacements.upperBound, let replacement = Unicode.Scalar(UInt32(value)) else {
                return false
            }
            for index in position..<position + key.count { scalars[index] = replacement }
            names[Character(replacement)] = name
            found = true
            position += key.count
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        text = String(view)
        return found
    }

    /// A parsed text as it stands in the file.
    func original(of text: String) -> String {
        guard !names.isEmpty, text.contains(where: { names[$0] != nil }) else { return text }
        var out = ""
        var rest = Substring(text)
        while let first = rest.first {
            guard let name = names[first] else {
                out.append(first)
                rest.removeFirst()
                continue
            }
            out += name
            rest = rest.dropFirst(name.unicodeScalars.count)
        }
        return out
    }

    /// Whether the text around a range lets it be a key: something that separates before it, a colon behind it.
    private static func isKey(_ range: Range<Int>, in scalars: [Unicode.Scalar]) -> Bool {
        let before = range.lowerBound > 0 ? scalars[range.lowerBound - 1] : "\n"
        guard " \t\r\n{,\"'?".unicodeScalars.contains(before) else { return false }
        var end = range.upperBound
        if end < scalars.count, scalars[end] == "\"" || scalars[end] == "'" { end += 1 }
        while end < scalars.count, scalars[end] == " " || scalars[end] == "\t" { end += 1 }
        return end < scalars.count && scalars[end] == ":"
    }

    private static func offset(of mark: Yams.Mark, in scalars: [Unicode.Scalar]) -> Int {
        var line = 1
        var position = 0
        while line < mark.line, position < scalars.count {
            if scalars[position] == "\n" { line += 1 }
            position += 1
        }
        return min(position + mark.column - 1, scalars.count)
    }
}
