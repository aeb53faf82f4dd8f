// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What stands in the lines of a list that has one reference a line.
///
/// A reference may be indented. Empty lines are skipped, and so is what follows a `#` at the beginning of a line or after a
/// blank.
public struct ReferenceLines: Sendable {
    /// A line with a reference.
    public struct Line: Sendable {
        /// The line, from 1.
        public let number: Int
        /// The byte of the line at which the reference begins, from 1.
        public let column: Int
        /// The reference as it is written.
        public let reference: ArraySlice<UInt8>
    }

    /// The most lines that a list may have.
    public static let maximumLines = 100_000

    /// The lines that have a reference.
    public private(set) var lines: [Line] = []
    /// What is wrong with other lines.
    public private(set) var mistakes: [ReferenceListError.Mistake] = []

    /// Takes the bytes of a file apart.
    /// - Throws: ``ReferenceListError`` for a file that is too large.
    public init(_ bytes: [UInt8], maximumBytes: Int) throws(ReferenceListError) {
        guard bytes.count <= maximumBytes else { throw .tooManyBytes(limit: maximumBytes) }
        // Some editors mark UTF-8 with these.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let parts = bytes[(bytes.starts(with: mark) ? mark.count : 0)...]
            .split(separator: UInt8(ascii: "\n"), maxSplits: Self.maximumLines, omittingEmptySubsequences: false)
        // The last line may end like the others.
        guard parts.count <= Self.maximumLines || parts.last?.isEmpty ?? true else {
            throw .tooManyLines(limit: Self.maximumLines)
        }
        for (index, part) in parts.enumerated() { take(part, number: index + 1) }
    }

    private mutating func take(_ part: ArraySlice<UInt8>, number: Int) {
        let bytes = part.last == UInt8(ascii: "\r") ? part.dropLast() : part
        func column(_ index: Int) -> Int { index - part.startIndex + 1 }
        let content = bytes.drop(while: Self.isBlank)
        guard let first = content.first, first != UInt8(ascii: "#") else { return }
        let reference = content.prefix { !Self.isBlank($0) }
        let rest = content[reference.endIndex...].drop(while: Self.isBlank)
        if let next = rest.first, next != UInt8(ascii: "#") {
            mistakes.append(.init(line: number, column: column(rest.startIndex), reason: .afterReference))
        } else {
            lines.append(Line(number: number, column: column(reference.startIndex), reference: reference))
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
