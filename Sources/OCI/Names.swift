// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The name of a repository inside a registry: lower-case components separated by slashes (distribution-spec,
/// "Pulling manifests", `<name>`).
///
/// A value can be put into a URL or a path as it is: it has no empty or dotted components and no control bytes.
public struct RepositoryName: Hashable, Sendable {
    /// The name, without a host.
    public let text: String

    /// Reads a name.
    /// - Throws: ``NameError`` for what the grammar does not allow, and for names over 255 bytes.
    public init(_ text: String) throws(NameError) {
        guard !text.isEmpty else { throw NameError(kind: .repository, text: text, reason: .empty) }
        guard text.utf8.count <= 255 else { throw NameError(kind: .repository, text: text, reason: .tooLong(255)) }
        var offset = 0
        for component in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if let bad = Self.firstBadByte(in: component) {
                throw NameError(kind: .repository, text: text, reason: .character(at: offset + bad))
            }
            offset += component.count + 1
        }
        self.text = text
    }

    init(known text: String) { self.text = text }

    /// The parts between the slashes.
    public var components: [Substring] { text.split(separator: "/") }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`; the offset of the first byte that does not fit.
    private static func firstBadByte(in component: Substring.UTF8View) -> Int? {
        var separators: [UInt8] = []
        var seenName = false
        for (offset, byte) in component.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                separators.removeAll(keepingCapacity: true)
                seenName = true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                separators.append(byte)
                guard seenName, isSeparator(separators) else { return offset }
            default: return offset
            }
        }
        return seenName && separators.isEmpty ? nil : component.count
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        bytes == [UInt8(ascii: ".")] || bytes == [UInt8(ascii: "_")] || bytes == [UInt8(ascii: "_"), UInt8(ascii: "_")]
            || bytes.allSatisfy { $0 == UInt8(ascii: "-") }
    }
}

/// The name of a tag: up to 128 word characters, dots and hyphens (distribution-spec, `<reference>`).
public struct TagName: Hashable, Sendable {
    /// The name.
    public let text: String

    /// The tag that is meant where a person names none.
    public static let latest = TagName(known: "latest")

    /// Reads a tag.
    /// - Throws: ``NameError`` for what the grammar does not allow.
    public init(_ text: String) throws(NameError) {
        guard !text.isEmpty else { throw NameError(kind: .tag, text: text, reason: .empty) }
        guard text.utf8.count <= 128 else { throw NameError(kind: .tag, text: text, reason: .tooLong(128)) }
        for (offset, byte) in text.utf8.enumerated() {
            guard Self.allows(byte), offset > 0 || (byte != UInt8(ascii: ".") && byte != UInt8(ascii: "-")) else {
                throw NameError(kind: .tag, text: text, reason: .character(at: offset))
            }
        }
        self.text = text
    }

    init(known text: String) { self.text = text }

    /// Whether a byte can stand in a tag; a dot or a hyphen not at its beginning.
    static func allows(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "_.-".utf8.contains(byte)
    }

    init(of companion: CompanionTag) {
        self.init(known: "\(companion.algorithm.rawValue)-\(companion.hex)\(companion.kind.rawValue)")
    }
}

/// What names one manifest in a repository.
public enum Target: Hashable, Sendable {
    /// Whatever the tag points to at the moment.
    case tag(TagName)
    /// Exactly this content.
    case digest(Digest)

    /// The text that stands in a URL.
    public var text: String {
        switch self {
        case .tag(let tag): tag.text
        case .digest(let digest): digest.description
        }
    }
}

extension Target: CustomStringConvertible {
    /// As it follows a repository: `:tag` or `@digest`.
    public var description: String {
        switch self {
        case .tag(let tag): ":\(tag)"
        case .digest(let digest): "@\(digest)"
        }
    }
}

extension RepositoryName: CustomStringConvertible, Comparable {
    /// The name.
    public var description: String { text }

    /// Orders by the bytes of the names.
    public static func < (left: Self, right: Self) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }
}

extension TagName: CustomStringConvertible, Comparable {
    /// The name.
    public var description: String { text }

    /// Orders by the bytes of the names.
    public static func < (left: Self, right: Self) -> Bool { left.text.utf8.lexicographicallyPrecedes(right.text.utf8) }
}

/// Why a text is not a name.
public struct NameError: Error, Hashable, Sendable {
    /// What the text was to name.
    public enum Kind: String, Hashable, Sendable {
        /// A repository.
        case repository
        /// A tag.
        case tag
        /// The host of a registry, with or without a port.
        case host
    }

    /// What rule it breaks.
    public enum Reason: Hashable, Sendable {
        /// There is nothing.
        case empty
        /// It has more bytes than allowed.
        case tooLong(Int)
        /// The byte at this offset cannot stand there; at the end of the text, something is missing.
        case character(at: Int)
        /// The port is not a number from 1 to 65535.
        case port
        /// It is a number in a form that some readers take for an IP address.
        case ambiguousAddress
        /// A user name or a password stands in it; what may be one is not in the error's text.
        case userInformation
    }

    /// What the text was to name.
    public let kind: Kind
    /// The text, as it was read: it may hold control bytes, so escape it before it is shown.
    public let text: String
    /// What rule it breaks.
    public let reason: Reason
}
