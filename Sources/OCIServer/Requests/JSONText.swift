// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// JSON as it is written, without a document in memory beside it.
struct JSONText: Sendable {
    /// The text so far.
    private(set) var bytes: [UInt8] = []

    /// Adds text that is JSON already.
    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Adds bytes that are JSON already.
    mutating func raw(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// Adds a string.
    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F: bytes.append(contentsOf: Self.escape(byte))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Adds an array of strings.
    mutating func strings(_ texts: some Sequence<String>) {
        raw("[")
        for (place, text) in texts.enumerated() {
            if place > 0 { raw(",") }
            string(text)
        }
        raw("]")
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
