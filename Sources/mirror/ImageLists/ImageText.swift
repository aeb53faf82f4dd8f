// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What a text with images is, and what stands in its references in place of them.
enum ImageText {
    /// Whether a text is YAML, or JSON: a line of it has a key, or begins as only there.
    static func isYAML(_ bytes: [UInt8]) -> Bool {
        bytes.split(separator: UInt8(ascii: "\n"))
            .contains { line in
                let content = line.drop { " \t\r".utf8.contains($0) }
                guard let first = content.first, first != UInt8(ascii: "#") else { return false }
                return "{[%".utf8.contains(first) || beginsWithDash(content) || hasKey(content)
            }
    }

    /// An item of a list, or the beginning of a document.
    private static func beginsWithDash(_ content: ArraySlice<UInt8>) -> Bool {
        let rest = content.drop { $0 == UInt8(ascii: "-") }
        let dashes = content.count - rest.count
        return (dashes == 1 || dashes == 3) && (rest.first.map { " \t\r".utf8.contains($0) } ?? true)
    }

    /// A colon with nothing or a blank behind it, in front of any comment.
    private static func hasKey(_ content: ArraySlice<UInt8>) -> Bool {
        var last = UInt8(ascii: "x")
        for byte in content {
            if last == UInt8(ascii: ":"), " \t\r".utf8.contains(byte) { return true }
            if byte == UInt8(ascii: "#"), " \t".utf8.contains(last) { return false }
            last = byte
        }
        return last == UInt8(ascii: ":")
    }

    /// A reference with the defaults of its variables, as Compose has them: `${TAG:-1.0}` is `1.0`.
    ///
    /// The environment is not looked at: it would have to be that of whoever runs the images.
    /// - Returns: `nil` if a variable has no default, or a template's place is not filled in.
    static func filled(_ text: String) -> String? {
        guard !text.contains("{{") else { return nil }
        var rest = Substring(text)
        return filled(&rest, depth: 0)
    }

    /// - Parameter depth: How many variables this text is the default of.
    private static func filled(_ rest: inout Substring, depth: Int) -> String? {
        var result = ""
        while let character = rest.popFirst() {
            switch character {
            case "}" where depth > 0: return result
            case "$":
                guard depth < 8, let value = variable(&rest, depth: depth) else { return nil }
                result += value
            default: result.append(character)
            }
        }
        return depth == 0 ? result : nil
    }

    /// Reads what follows a dollar sign.
    private static func variable(_ rest: inout Substring, depth: Int) -> String? {
        guard rest.popFirst() == "{" else { return nil }
        let name = rest.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
        rest = rest[name.endIndex...]
        guard !name.isEmpty, let sign = [":-", "-"].first(where: rest.hasPrefix) else { return nil }
        rest = rest.dropFirst(sign.count)
        return filled(&rest, depth: depth + 1)
    }
}
