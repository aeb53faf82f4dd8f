// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A text with places to fill in, each a word between braces: `hub/{name}`.
public struct TextTemplate: Hashable, Sendable {
    /// A stretch of a template.
    public enum Part: Hashable, Sendable {
        /// Text that stands for itself.
        case text(String)
        /// A place, and the byte at which it begins.
        case place(String, offset: Int)
    }

    /// The most bytes that a template may have.
    public static let maximumLength = 512

    /// The template as it is written.
    public let text: String
    /// Its parts, in their order.
    public let parts: [Part]

    init(text: String, parts: [Part]) {
        self.text = text
        self.parts = parts
    }

    /// Reads a template.
    /// - Parameters:
    ///   - words: What can be filled in.
    ///   - allows: Whether a byte can stand between the places.
    /// - Throws: ``TemplateError`` with the place of the mistake.
    public init(_ text: String, words: [String], allows: (UInt8) -> Bool) throws(TemplateError) {
        func fail(_ offset: Int, _ reason: TemplateError.Reason) -> TemplateError {
            TemplateError(text: text, offset: offset, reason: reason)
        }
        guard !text.isEmpty else { throw fail(0, .empty) }
        guard text.utf8.count <= Self.maximumLength else {
            throw fail(Self.maximumLength, .tooLong(Self.maximumLength))
        }
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var position = 0
        while position < bytes.count {
            let plain = bytes[position...].prefix { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}") }
            if !plain.isEmpty {
                if let bad = plain.firstIndex(where: { !allows($0) }) { throw fail(bad, .character) }
                parts.append(.text(String(decoding: plain, as: UTF8.self)))
                position = plain.endIndex
                continue
            }
            guard bytes[position] == UInt8(ascii: "{") else { throw fail(position, .unopened) }
            guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else {
                throw fail(position, .unclosed)
            }
            let word = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
            guard words.contains(word) else { throw fail(position, .unknown(word, known: words)) }
            parts.append(.place(word, offset: position))
            position = end + 1
        }
        self.init(text: text, parts: parts)
    }

    /// Whether nothing is filled in.
    public var isConstant: Bool {
        parts.allSatisfy { part in
            if case .text = part { true } else { false }
        }
    }
}

/// Why a text is not a template of names, or cannot be filled in.
public struct TemplateError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// There is nothing.
        case empty
        /// It has more bytes than allowed.
        case tooLong(Int)
        /// The byte at the offset cannot stand in a name.
        case character
        /// A brace is not closed.
        case unclosed
        /// A brace closes nothing.
        case unopened
        /// Nothing of this name can be filled in; what can be.
        case unknown(String, known: [String])
        /// The repository has one component, so nothing stands before it.
        case noParent(RepositoryName)
        /// Every image would get the same tag.
        case constantTag
        /// What it makes is no tag.
        case tag(NameError)
        /// What it makes are tags that stand for signatures and lists of referrers.
        case companionTag
    }

    /// The template.
    public let text: String
    /// The byte in the text at which the mistaken part begins, from 0.
    public let offset: Int
    /// What is wrong.
    public let reason: Reason

    /// Makes an error.
    public init(text: String, offset: Int, reason: Reason) {
        self.text = text
        self.offset = offset
        self.reason = reason
    }
}
