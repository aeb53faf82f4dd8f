// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Reads the text of a range, from left to right.
struct VersionRangeReader {
    /// A version of which the end may be left open.
    private struct Partial {
        var numbers: [UInt64] = []
        var prerelease: [VersionNumber.Identifier] = []
        /// Whether it stands for one version, not for all that begin with its numbers.
        var isComplete = false
        let offset: Int

        var lowest: VersionNumber { VersionNumber(numbers: numbers, prerelease: prerelease) }

        /// The lowest version whose number at a place is higher.
        func next(at place: Int) -> VersionNumber {
            VersionNumber(numbers: numbers[..<place] + [numbers[place] + 1])
        }

        /// The lowest version that does not begin with the numbers.
        var next: VersionNumber { next(at: numbers.count - 1) }
    }

    private enum Operator: String, CaseIterable {
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"
        case equal = "="
        case compatible = "^"
        case near = "~"
    }

    private let text: String
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    /// Reads the whole text: lists of bounds of which one has to hold.
    mutating func readAlternatives() throws(VersionRangeError) -> [[VersionBound]] {
        var alternatives = [try readBounds()]
        while position < bytes.count {
            position += 2
            alternatives.append(try readBounds())
        }
        return alternatives
    }

    /// Reads up to the next `||`: bounds that have to hold together.
    private mutating func readBounds() throws(VersionRangeError) -> [VersionBound] {
        var bounds: [VersionBound] = []
        var isEmpty = true
        while true {
            skip { Self.isBlank($0) || $0 == UInt8(ascii: ",") }
            if position == bytes.count || bytes[position...].starts(with: "||".utf8) { break }
            bounds += try readComparison()
            isEmpty = false
        }
        guard !isEmpty else { throw failure(at: position, .empty) }
        return bounds
    }

    private mutating func readComparison() throws(VersionRangeError) -> [VersionBound] {
        let written = Operator.allCases.first { bytes[position...].starts(with: $0.rawValue.utf8) }
        position += written?.rawValue.utf8.count ?? 0
        skip(while: Self.isBlank)
        let version = try readPartial()
        if let written { return try bounds(written, version) }
        let end = position
        skip(while: Self.isBlank)
        let isSpan =
            position > end && position + 1 < bytes.count && bytes[position] == UInt8(ascii: "-")
            && Self.isBlank(bytes[position + 1])
        guard isSpan else {
            position = end
            return try bounds(.equal, version)
        }
        position += 1
        skip(while: Self.isBlank)
        return try bounds(.atLeast, version) + bounds(.atMost, try readPartial())
    }

    private func bounds(_ relation: Operator, _ version: Partial) throws(VersionRangeError) -> [VersionBound] {
        let lowest = version.lowest
        guard let last = version.numbers.indices.last else {
            // `*`: every version, and none is above or below.
            if relation == .above || relation == .below { throw failure(at: version.offset, .nothing) }
            return []
        }
        switch relation {
        case .equal: return version.isComplete ? [.equal(lowest)] : [.from(lowest), .before(version.next)]
        case .atLeast: return [.from(lowest)]
        case .above: return version.isComplete ? [.above(lowest)] : [.from(version.next)]
        case .atMost: return version.isComplete ? [.upTo(lowest)] : [.before(version.next)]
        case .below: return version.isComplete ? [.below(lowest)] : [.before(lowest)]
        case .compatible:
            let place = version.numbers.firstIndex { $0 != 0 } ?? last
            return [.from(lowest), .before(version.next(at: place))]
        case .near: return [.from(lowest), .before(version.next(at: min(1, last)))]
        }
    }

    private mutating func readPartial() throws(VersionRangeError) -> Partial {
        let start = position
        skip { byte in !Self.isBlank(byte) && !",|<>=^~".utf8.contains(byte) }
        guard position > start else {
            throw failure(at: start, start == bytes.count || bytes[start] == UInt8(ascii: "|") ? .empty : .character)
        }
        let isEnd =
            position == bytes.count || Self.isBlank(bytes[position]) || bytes[position] == UInt8(ascii: ",")
            || bytes[position...].starts(with: "||".utf8)
        guard isEnd else { throw failure(at: position, .character) }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        let components = word.split(separator: ".", omittingEmptySubsequences: false)
        if let open = components.firstIndex(where: Self.isOpen) {
            return try partial(beginningWith: components[..<open], then: components[open...], word, at: start)
        }
        guard let version = VersionText(word) else { throw failure(at: start, .version(word)) }
        if let variant = version.variant { throw failure(at: start, .variant(variant)) }
        var partial = Partial(numbers: version.numbers, prerelease: version.prerelease, offset: start)
        partial.isComplete = version.numbers.count >= 3 || !version.prerelease.isEmpty
        return partial
    }

    /// A version that ends in `x` or `*`.
    private func partial(
        beginningWith closed: ArraySlice<Substring>,
        then open: ArraySlice<Substring>,
        _ word: String,
        at offset: Int
    ) throws(VersionRangeError) -> Partial {
        guard open.allSatisfy(Self.isOpen) else { throw failure(at: offset, .version(word)) }
        guard !closed.isEmpty else { return Partial(offset: offset) }
        guard let version = VersionText(closed.joined(separator: ".")), version.prerelease.isEmpty,
            version.variant == nil
        else { throw failure(at: offset, .version(word)) }
        return Partial(numbers: version.numbers, offset: offset)
    }

    private static func isOpen(_ component: Substring) -> Bool { ["x", "X", "*"].contains(component) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private mutating func skip(while belongs: (UInt8) -> Bool) {
        position += bytes[position...].prefix(while: belongs).count
    }

    private func failure(at offset: Int, _ reason: VersionRangeError.Reason) -> VersionRangeError {
        VersionRangeError(text: text, offset: offset, reason: reason)
    }
}
