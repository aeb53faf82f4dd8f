// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Which repositories are meant: a name, or a name with wildcards.
///
/// | Pattern | Repositories |
/// |---|---|
/// | `team/app` | that one |
/// | `team/*`, `team/app-*`, `team/app?` | `*` is any part of one component, `?` one character of it |
/// | `team/**` | every one below `team`, not `team` itself |
/// | `**/app` | `app`, `team/app`, `team/x/app`: in front and between, `**` may stand for nothing |
/// | `**` | every one |
///
/// Matching takes at most as many steps as the lengths of pattern and name multiplied.
public struct RepositoryPattern: Hashable, Sendable {
    private enum Form: Hashable, Sendable {
        case literal(RepositoryName)
        case components(Glob<Wildcard>)
    }

    /// The most bytes that a pattern may have.
    public static let maximumLength = 512

    /// The pattern as it is written.
    public let text: String
    private let form: Form

    /// Reads a pattern.
    /// - Throws: ``PatternError`` with the place of the mistake.
    public init(_ text: String) throws(PatternError) {
        guard !text.isEmpty else { throw PatternError(text: text, offset: 0, reason: .empty) }
        guard text.utf8.count <= Self.maximumLength else {
            let reason = PatternError.Reason.tooLong(Self.maximumLength)
            throw PatternError(text: text, offset: Self.maximumLength, reason: reason)
        }
        self.text = text
        if text.utf8.contains(where: Self.isWildcard) {
            form = .components(Glob(parts: try Self.parts(of: text)))
        } else {
            do { form = .literal(try RepositoryName(text)) } catch { throw Self.failure(text, at: 0, error.reason) }
        }
    }

    /// The only repository that is meant, where the pattern has no wildcards.
    public var literal: RepositoryName? {
        if case .literal(let name) = form { name } else { nil }
    }

    /// The path that all repositories that are meant lie below, as far as it stands before the first wildcard.
    var fixedPath: RepositoryName? {
        let components = text.split(separator: "/").prefix { !$0.utf8.contains(where: Self.isWildcard) }
        return try? RepositoryName(components.joined(separator: "/"))
    }

    /// Whether a repository is meant.
    public func matches(_ name: RepositoryName) -> Bool {
        switch form {
        case .literal(let own): own == name
        case .components(let glob): glob.matches(name.components.map { Array($0.utf8) }) { $0.matches($1) }
        }
    }

    private static func parts(of text: String) throws(PatternError) -> [Glob<Wildcard>.Part] {
        var parts: [Glob<Wildcard>.Part] = []
        var offset = 0
        let anything = Array("**".utf8)
        let components = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, component) in components.enumerated() {
            if component.elementsEqual(anything) {
                // Below a place is at least one level below it.
                if index == components.count - 1 { parts.append(.single(Wildcard("*".utf8))) }
                parts.append(.run)
            } else {
                try check(component, at: offset, of: text)
                parts.append(.single(Wildcard(component)))
            }
            offset += component.count + 1
        }
        return parts
    }

    private static func check(
        _ component: Substring.UTF8View,
        at offset: Int,
        of text: String
    ) throws(PatternError) {
        guard !component.isEmpty else { throw PatternError(text: text, offset: offset, reason: .emptyComponent) }
        guard component.contains(where: isWildcard) else {
            do { _ = try RepositoryName(String(Substring(component))) } catch {
                throw failure(text, at: offset, error.reason)
            }
            return
        }
        var last: UInt8 = 0
        for (index, byte) in component.enumerated() {
            if byte == UInt8(ascii: "*"), last == byte {
                throw PatternError(text: text, offset: offset + index - 1, reason: .doubleStar)
            }
            guard isWildcard(byte) || isNameByte(byte) else {
                throw PatternError(text: text, offset: offset + index, reason: .character)
            }
            last = byte
        }
    }

    /// What a name's own error means for the pattern that the name is part of.
    private static func failure(_ text: String, at offset: Int, _ reason: NameError.Reason) -> PatternError {
        guard case .character(let inside) = reason else {
            return PatternError(text: text, offset: offset, reason: .name(reason))
        }
        let place = offset + inside
        let bytes = Array(text.utf8)
        let slash = UInt8(ascii: "/")
        let isGap =
            place < bytes.count
            ? bytes[place] == slash && (place == 0 || bytes[place - 1] == slash) : bytes.last == slash
        return PatternError(text: text, offset: place, reason: isGap ? .emptyComponent : .character)
    }

    private static func isWildcard(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || "._-".utf8.contains(byte)
    }
}

extension RepositoryPattern: CustomStringConvertible {
    /// The pattern as it is written.
    public var description: String { text }
}
