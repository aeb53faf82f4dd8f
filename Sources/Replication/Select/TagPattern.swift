// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Which tags are meant: one, some by wildcards, or some by a regular expression.
///
/// `1.27` is that tag, `1.*-alpine?` has wildcards (`*` for any characters, `?` for one), and `/v[0-9]+/` is a regular
/// expression, for no tag begins with a slash. Each has to cover the whole tag, and case counts.
public struct TagPattern: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        case exact(TagName)
        case glob(Wildcard)
        /// What stands between the slashes. A compiled expression may not cross from task to task.
        case expression(String)
    }

    /// The most bytes that a pattern may have.
    public static let maximumLength = 512

    /// The pattern as it is written.
    public let text: String
    let form: Form

    /// Reads a pattern, and compiles it if it is a regular expression.
    /// - Throws: ``PatternError`` with the place of the mistake.
    public init(_ text: String) throws(PatternError) {
        guard !text.isEmpty else { throw PatternError(text: text, offset: 0, reason: .empty) }
        guard text.utf8.count <= Self.maximumLength else {
            let reason = PatternError.Reason.tooLong(Self.maximumLength)
            throw PatternError(text: text, offset: Self.maximumLength, reason: reason)
        }
        self.text = text
        if text.hasPrefix("/") {
            form = .expression(try Self.expression(in: text))
        } else if text.utf8.contains(where: Self.isWildcard) {
            form = .glob(try Self.wildcard(text))
        } else {
            do { form = .exact(try TagName(text)) } catch { throw Self.failure(text, error.reason) }
        }
    }

    private static func expression(in text: String) throws(PatternError) -> String {
        let inside = text.dropFirst()
        guard let end = inside.lastIndex(of: "/") else {
            throw PatternError(text: text, offset: text.utf8.count, reason: .unclosedExpression)
        }
        guard inside.index(after: end) == inside.endIndex else {
            let offset = text.utf8.distance(from: text.startIndex, to: end) + 1
            throw PatternError(text: text, offset: offset, reason: .afterExpression)
        }
        let body = String(inside[..<end])
        guard !body.isEmpty else { throw PatternError(text: text, offset: 1, reason: .empty) }
        do { _ = try Regex(body) } catch {
            throw PatternError(text: text, offset: 1, reason: .expression("\(error)"))
        }
        return body
    }

    private static func wildcard(_ text: String) throws(PatternError) -> Wildcard {
        for (offset, byte) in text.utf8.enumerated() where !isWildcard(byte) {
            // Whatever may stand in a tag at all may stand behind a letter.
            guard (try? TagName("a" + String(UnicodeScalar(byte)))) != nil else {
                throw PatternError(text: text, offset: offset, reason: .character)
            }
        }
        return Wildcard(text.utf8)
    }

    private static func failure(_ text: String, _ reason: NameError.Reason) -> PatternError {
        guard case .character(let offset) = reason else {
            return PatternError(text: text, offset: 0, reason: .name(reason))
        }
        return PatternError(text: text, offset: offset, reason: .character)
    }

    private static func isWildcard(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") }
}

extension TagPattern: CustomStringConvertible, Comparable {
    /// The pattern as it is written.
    public var description: String { text }

    /// Orders single tags before wildcards, these before expressions, and each by their bytes.
    public static func < (left: Self, right: Self) -> Bool {
        left.rank == right.rank ? left.text.utf8.lexicographicallyPrecedes(right.text.utf8) : left.rank < right.rank
    }

    private var rank: Int {
        switch form {
        case .exact: 0
        case .glob: 1
        case .expression: 2
        }
    }
}

/// Patterns that are ready to be tried on the tags of one repository.
struct TagMatcher {
    private enum Test {
        case exact(TagName)
        case glob(Wildcard)
        case expression(Regex<AnyRegexOutput>)
    }

    private let tests: [(pattern: TagPattern, test: Test)]

    init(_ patterns: [TagPattern]) {
        tests = patterns.compactMap { pattern in
            switch pattern.form {
            case .exact(let tag): return (pattern, .exact(tag))
            case .glob(let wildcard): return (pattern, .glob(wildcard))
            case .expression(let text):
                // It was compiled once before, when the pattern was read.
                guard let regex = try? Regex(text) else { return nil }
                return (pattern, .expression(regex))
            }
        }
    }

    /// The first pattern that covers a tag.
    func pattern(covering tag: TagName) -> TagPattern? {
        tests.first { entry in
            switch entry.test {
            case .exact(let own): own == tag
            case .glob(let wildcard): wildcard.matches(Array(tag.text.utf8))
            case .expression(let regex): tag.text.wholeMatch(of: regex) != nil
            }
        }?
        .pattern
    }
}
