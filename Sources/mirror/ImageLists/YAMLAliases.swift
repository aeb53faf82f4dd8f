// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Aliases of YAML, made into texts before anything resolves them: a chain of a few can stand for billions of values.
///
/// Nothing is lost by that. What an alias stands for is in the same document, and is looked at where its anchor is; only a
/// single text that is an alias has to be looked up.
enum YAMLAliases {
    /// A character for private use; YAML allows it, and nobody writes it.
    private static let mark: Character = "\u{E000}"

    /// The text of a document, its aliases marked; nothing else changes its place.
    static func hidden(in bytes: ArraySlice<UInt8>) -> String {
        let star = UInt8(ascii: "*")
        guard bytes.contains(star) else { return String(decoding: bytes, as: UTF8.self) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 64)
        var last = UInt8(ascii: "\n")
        for (index, byte) in zip(bytes.indices, bytes) {
            // Whatever an alias can begin with, and more: what is none is turned back.
            if byte == star, !isWord(last), index + 1 < bytes.endIndex, isWord(bytes[index + 1]) {
                out += String(mark).utf8
            } else {
                out.append(byte)
            }
            last = byte
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The name of the anchor that a text is an alias of; `nil` for another text.
    static func name(in text: String) -> String? { text.first == mark ? String(text.dropFirst()) : nil }

    /// A text as it stands in the file.
    static func shown(_ text: String) -> String {
        text.contains(mark) ? String(text.map { $0 == mark ? "*" : $0 }) : text
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
