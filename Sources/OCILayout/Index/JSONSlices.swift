// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A JSON document of which only the outermost value is taken apart; what is inside stays as it is written.
///
/// So what other tools wrote survives, byte for byte, without being understood. Bounded in depth, and safe with any bytes.
struct JSONSlices {
    typealias Member = (name: String, value: ArraySlice<UInt8>)

    /// Why bytes are not taken: at which of them.
    struct Mistake: Error, Hashable {
        let offset: Int
        /// Whether it is JSON so far, but has more elements than are taken.
        var isTooMany = false
    }

    /// Longer names than any tool writes take long to compare, when they are chosen for that.
    private static let longestName = 1024

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    private init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// The members of an object, in their order.
    /// - Throws: ``Mistake`` also for a name that stands twice.
    static func members(of bytes: ArraySlice<UInt8>) throws(Mistake) -> [Member] {
        var slices = JSONSlices(bytes)
        var members: [Member] = []
        var names: Set<String> = []
        var isOpen = try slices.open(UInt8(ascii: "{"), UInt8(ascii: "}"))
        while isOpen {
            slices.skipSpace()
            let start = slices.position
            guard slices.peek == UInt8(ascii: "\"") else { throw slices.mistake }
            try slices.skipText()
            guard slices.position - start <= longestName, let name = text(bytes[start..<slices.position]),
                names.insert(name).inserted
            else { throw Mistake(offset: start) }
            try slices.expect(UInt8(ascii: ":"))
            members.append((name, try slices.value()))
            isOpen = try slices.goOn(until: UInt8(ascii: "}"))
        }
        try slices.end()
        return members
    }

    /// The elements of an array, in their order.
    /// - Parameter limit: The most that are taken, of what need not be meant well.
    static func elements(
        of bytes: ArraySlice<UInt8>,
        limit: Int = .max
    ) throws(Mistake) -> [ArraySlice<UInt8>] {
        var slices = JSONSlices(bytes)
        var elements: [ArraySlice<UInt8>] = []
        var isOpen = try slices.open(UInt8(ascii: "["), UInt8(ascii: "]"))
        while isOpen {
            guard elements.count < limit else { throw Mistake(offset: slices.position, isTooMany: true) }
            elements.append(try slices.value())
            isOpen = try slices.goOn(until: UInt8(ascii: "]"))
        }
        try slices.end()
        return elements
    }

    /// The text of a JSON string; `nil` for another value.
    static func text(_ value: ArraySlice<UInt8>) -> String? {
        guard value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") else { return nil }
        let inner = value.dropFirst().dropLast()
        if !inner.contains(UInt8(ascii: "\\")) { return String(validating: inner, as: UTF8.self) }
        return try? JSONDecoder().decode(String.self, from: Data(value))
    }

    /// A number without sign, fraction or exponent; `nil` for another value.
    static func number(_ value: ArraySlice<UInt8>) -> Int64? {
        guard value.first != UInt8(ascii: "+") else { return nil }
        return Int64(String(decoding: value, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
    }

    private var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }
    private var mistake: Mistake { Mistake(offset: position) }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(Mistake) {
        skipSpace()
        guard peek == byte else { throw mistake }
        position += 1
    }

    private mutating func open(_ open: UInt8, _ close: UInt8) throws(Mistake) -> Bool {
        try expect(open)
        skipSpace()
        guard peek == close else { return true }
        position += 1
        return false
    }

    /// Steps over a comma, or the bracket that closes.
    private mutating func goOn(until close: UInt8) throws(Mistake) -> Bool {
        skipSpace()
        guard let byte = peek, byte == close || byte == UInt8(ascii: ",") else { throw mistake }
        position += 1
        return byte != close
    }

    private mutating func end() throws(Mistake) {
        skipSpace()
        guard peek == nil else { throw mistake }
    }

    private mutating func value() throws(Mistake) -> ArraySlice<UInt8> {
        skipSpace()
        let start = position
        var depth = 0
        repeat {
            skipSpace()
            guard let byte = peek else { throw mistake }
            switch byte {
            case UInt8(ascii: "\""): try skipText()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= 64 else { throw mistake }
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { throw mistake }
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw mistake }
                position += 1
            default: try skipWord()
            }
        } while depth > 0
        return bytes[start..<position]
    }

    private mutating func skipText() throws(Mistake) {
        position += 1
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw mistake }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard peek != nil else { throw mistake }
        position += 1
    }

    /// A number, `true`, `false` or `null`.
    private mutating func skipWord() throws(Mistake) {
        let start = position
        while let byte = peek, Self.wordBytes.contains(byte) { position += 1 }
        guard position > start else { throw mistake }
    }

    private static let wordBytes = Set("0123456789+-.eEtrufalsn".utf8)
}
