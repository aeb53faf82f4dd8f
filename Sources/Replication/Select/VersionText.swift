// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The parts of a version, as they are written.
struct VersionText {
    /// The words that make a version a prerelease.
    static let prereleaseWords: Set<String> = [
        "alpha", "beta", "rc", "pre", "preview", "dev", "snapshot", "nightly", "canary", "milestone", "m", "a", "b",
        "next", "ea", "test",
    ]
    /// A number of more digits is not read, so that nothing overflows.
    static let maximumDigits = 18

    /// The numbers, with the zeros that are written.
    private(set) var numbers: [UInt64] = []
    private(set) var prerelease: [VersionNumber.Identifier] = []
    private(set) var variant: String?

    private let bytes: [UInt8]
    private var position = 0

    /// Reads a text; `nil` if it is no version.
    init?(_ text: String) {
        bytes = Array(text.utf8)
        guard !beginsWithHash else { return nil }
        if next == UInt8(ascii: "v") || next == UInt8(ascii: "V") { position += 1 }
        guard readNumbers(), readSuffix() else { return nil }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Whether the first part is seven or more hexadecimal digits with a letter among them: a commit, not a version.
    private var beginsWithHash: Bool {
        let first = bytes.prefix { !Self.isSeparator($0) && $0 != UInt8(ascii: ".") }
        return first.count >= 7 && first.allSatisfy(Self.isHexDigit) && !first.allSatisfy(Self.isDigit)
    }

    private mutating func readNumbers() -> Bool {
        while let number = takeNumber() {
            numbers.append(number)
            guard next == UInt8(ascii: "."), position + 1 < bytes.count, Self.isDigit(bytes[position + 1]) else {
                return true
            }
            position += 1
        }
        return false
    }

    /// Reads what follows the numbers, to the end.
    private mutating func readSuffix() -> Bool {
        guard let first = next else { return true }
        if Self.isSeparator(first) {
            position += 1
            return takePrerelease() ? readVariant() : takeVariant()
        }
        if first == UInt8(ascii: ".") { position += 1 }
        return takePrerelease() && readVariant()
    }

    /// Reads the variant behind a prerelease, if there is one.
    private mutating func readVariant() -> Bool {
        guard next != nil else { return true }
        position += 1
        return takeVariant()
    }

    private mutating func takeVariant() -> Bool {
        guard position < bytes.count else { return false }
        variant = String(decoding: bytes[position...], as: UTF8.self)
        position = bytes.count
        return true
    }

    /// Takes a word for prereleases and its numbers; takes nothing if something else stands there.
    private mutating func takePrerelease() -> Bool {
        let start = position
        let word = String(decoding: take(while: Self.isLetter), as: UTF8.self).lowercased()
        var identifiers = [VersionNumber.Identifier.word(word)]
        let isWhole = Self.prereleaseWords.contains(word) && takeIdentifiers(into: &identifiers)
        guard isWhole, next.map(Self.isSeparator) ?? true else {
            position = start
            return false
        }
        prerelease = identifiers
        return true
    }

    /// Takes `1`, `.1`, `.word` and `-1`, repeatedly; `false` if what stands there belongs to something else.
    private mutating func takeIdentifiers(into identifiers: inout [VersionNumber.Identifier]) -> Bool {
        if let first = next, Self.isDigit(first) {
            guard let number = takeNumber() else { return false }
            identifiers.append(.number(number))
        }
        while let separator = next {
            let start = position
            position += 1
            let run = take { Self.isDigit($0) || Self.isLetter($0) }
            let number = Self.number(run)
            if separator == UInt8(ascii: ".") {
                guard !run.isEmpty, number != nil || !run.allSatisfy(Self.isDigit) else { return false }
                let word = String(decoding: run, as: UTF8.self).lowercased()
                identifiers.append(number.map { .number($0) } ?? .word(word))
            } else {
                guard Self.isSeparator(separator), let number else {
                    position = start
                    return true
                }
                identifiers.append(.number(number))
            }
        }
        return true
    }

    private mutating func takeNumber() -> UInt64? { Self.number(take(while: Self.isDigit)) }

    private mutating func take(while belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let run = bytes[position...].prefix(while: belongs)
        position += run.count
        return run
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= maximumDigits, digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { "-_+".utf8.contains(byte) }
}
