// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A check of JSON documents for what decoders let pass: a name that stands twice in one object, nesting without end,
/// bytes after the end.
///
/// Manifests must be I-JSON (image-spec, considerations.md), in which names are unique; of two equal names one reader
/// takes the first and another the last, so such a document means two things. The bytes are only read; decoding is left
/// to the decoder.
public enum StrictJSON {
    /// How deep objects and arrays may stand in each other.
    public static let maximumDepth = 64

    /// Checks a document whose outermost value is an object.
    /// - Returns: The names of the outermost object, with their escapes resolved.
    public static func topLevelKeys(of bytes: [UInt8]) throws(StrictJSONError) -> Set<String> {
        var scanner = Scanner(bytes: bytes)
        scanner.skipSpace()
        guard scanner.peek == UInt8(ascii: "{") else { throw scanner.error(.expected("an object")) }
        let keys = try scanner.object(depth: 0)
        scanner.skipSpace()
        guard scanner.peek == nil else { throw scanner.error(.expected("the end of the document")) }
        return keys
    }

    /// Checks a document, whatever its outermost value is.
    public static func check(_ bytes: [UInt8]) throws(StrictJSONError) {
        var scanner = Scanner(bytes: bytes)
        scanner.skipSpace()
        try scanner.value(depth: 0)
        scanner.skipSpace()
        guard scanner.peek == nil else { throw scanner.error(.expected("the end of the document")) }
    }

    /// A text as JSON writes it, in its quotes; control bytes become escapes.
    public static func quoted(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }) { return "\"\(text)\"" }
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        func error(_ reason: StrictJSONError.Reason) -> StrictJSONError {
            StrictJSONError(offset: position, reason: reason)
        }

        mutating func skipSpace() {
            while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard peek == byte else { return false }
            position += 1
            return true
        }

        mutating func value(depth: Int) throws(StrictJSONError) {
            switch peek {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < StrictJSON.maximumDepth else { throw error(.tooDeep) }
                if peek == UInt8(ascii: "{") { _ = try object(depth: depth) } else { try array(depth: depth) }
            case UInt8(ascii: "\""): _ = try string()
            default: try literal()
            }
        }

        mutating func object(depth: Int) throws(StrictJSONError) -> Set<String> {
            position += 1
            var keys: Set<String> = []
            skipSpace()
            if take(UInt8(ascii: "}")) { return keys }
            repeat {
                skipSpace()
                guard peek == UInt8(ascii: "\"") else { throw error(.expected("a name")) }
                let start = position
                let key = try string()
                guard keys.insert(key).inserted else {
                    throw StrictJSONError(offset: start, reason: .duplicateName(key))
                }
                skipSpace()
                guard take(UInt8(ascii: ":")) else { throw error(.expected("a colon")) }
                skipSpace()
                try value(depth: depth + 1)
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw error(.expected("a comma or the end of the object")) }
            return keys
        }

        mutating func array(depth: Int) throws(StrictJSONError) {
            position += 1
            skipSpace()
            if take(UInt8(ascii: "]")) { return }
            repeat {
                skipSpace()
                try value(depth: depth + 1)
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw error(.expected("a comma or the end of the array")) }
        }

        mutating func literal() throws(StrictJSONError) {
            let start = position
            while let byte = peek,
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2B || byte == 0x2D || byte == 0x2E
            {
                position += 1
            }
            let token = bytes[start..<position]
            guard Self.isNumber(token) || ["true", "false", "null"].contains(where: { token.elementsEqual($0.utf8) })
            else { throw StrictJSONError(offset: start, reason: .expected("a value")) }
        }

        /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?` (RFC 8259, section 6).
        private static func isNumber(_ token: ArraySlice<UInt8>) -> Bool {
            var rest = token
            func take(_ allowed: String) -> Bool {
                guard let byte = rest.first, allowed.utf8.contains(byte) else { return false }
                rest = rest.dropFirst()
                return true
            }
            func takeDigits() -> Bool {
                let count = rest.count
                rest = rest.drop { (0x30...0x39).contains($0) }
                return rest.count < count
            }
            _ = take("-")
            guard take("0") || takeDigits() else { return false }
            if take(".") { guard takeDigits() else { return false } }
            if take("eE") {
                _ = take("+-")
                guard takeDigits() else { return false }
            }
            return rest.isEmpty
        }

        /// Reads a string and resolves its escapes: `"l\u0061yers"` and `"layers"` are one name.
        mutating func string() throws(StrictJSONError) -> String {
            position += 1
            var out: [UInt8] = []
            while true {
                let start = position
                skipPlainText()
                out += bytes[start..<position]
                guard let byte = peek else { throw error(.expected("the end of a text")) }
                position += 1
                switch byte {
                case UInt8(ascii: "\""):
                    guard let text = String(validating: out, as: UTF8.self), !Self.hasEndlessMarks(text) else {
                        throw error(.invalidText)
                    }
                    return text
                case UInt8(ascii: "\\"): try escape(into: &out)
                default: throw error(.invalidText)
                }
            }
        }

        /// Steps over what stands for itself: nearly all of a long manifest.
        private mutating func skipPlainText() {
            position = bytes.withUnsafeBufferPointer { bytes in
                var end = position
                while end < bytes.count, bytes[end] >= 0x20, bytes[end] != 0x22, bytes[end] != 0x5C { end += 1 }
                return end
            }
        }

        /// Whether more combining marks follow each other than any language writes.
        ///
        /// To compare or hash such a text, Swift sorts the marks, in a time that grows with the square of their number:
        /// a name of 400 KB takes a minute.
        private static func hasEndlessMarks(_ text: String) -> Bool {
            // Only ASCII, which has no marks, takes as many bytes as units of UTF-16.
            if text.utf8.count == text.utf16.count { return false }
            var count = 0
            for scalar in text.unicodeScalars {
                switch scalar.properties.generalCategory {
                case .nonspacingMark, .spacingMark, .enclosingMark: count += 1
                default: count = 0
                }
                if count > 64 { return true }
            }
            return false
        }

        private mutating func escape(into out: inout [UInt8]) throws(StrictJSONError) {
            guard let byte = peek else { throw error(.expected("an escape")) }
            position += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "u"):
                var code = UInt32(try hexUnit())
                if (0xD800..<0xDC00).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
                    let low = UInt32(try hexUnit())
                    guard (0xDC00..<0xE000).contains(low) else { throw error(.invalidText) }
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                }
                guard let scalar = Unicode.Scalar(code) else { throw error(.invalidText) }
                out.append(contentsOf: String(Character(scalar)).utf8)
            default: throw error(.invalidText)
            }
        }

        private mutating func hexUnit() throws(StrictJSONError) -> UInt16 {
            guard position + 4 <= bytes.count,
                bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
            else { throw error(.invalidText) }
            position += 4
            return unit
        }
    }
}

/// Where and why a document is not strict JSON.
public struct StrictJSONError: Error, Hashable, Sendable {
    /// What was wrong.
    public enum Reason: Hashable, Sendable {
        /// Something else should stand here.
        case expected(String)
        /// A name stands twice in one object.
        case duplicateName(String)
        /// Objects and arrays stand too deep in each other.
        case tooDeep
        /// A text is not valid: a control byte, a broken escape, bytes that are not UTF-8, combining marks without end.
        case invalidText
    }

    /// The byte at which the mistake was seen, from 0.
    public let offset: Int
    /// What was wrong.
    public let reason: Reason
}
