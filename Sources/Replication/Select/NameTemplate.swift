// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// How a repository is called at the destination, as a text with places to fill in.
///
/// `{path}` is the name below the fixed part of the job's source, `{name}` its last component, `{parent}` what stands before
/// that. For `team/web/app` these are `team/web/app`, `app` and `team/web`.
public struct NameTemplate: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case text(String)
        case path
        case name
        case parent(offset: Int)
    }

    /// The most bytes that a template may have.
    public static let maximumLength = 512

    /// The template as it is written.
    public let text: String
    private let parts: [Part]

    /// Reads a template.
    /// - Throws: ``TemplateError`` with the place of the mistake.
    public init(_ text: String) throws(TemplateError) {
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
                parts.append(.text(try Self.plainText(plain, fail)))
                position = plain.endIndex
                continue
            }
            guard bytes[position] == UInt8(ascii: "{") else { throw fail(position, .unopened) }
            guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else {
                throw fail(position, .unclosed)
            }
            let word = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
            switch word {
            case "path": parts.append(.path)
            case "name": parts.append(.name)
            case "parent": parts.append(.parent(offset: position))
            default: throw fail(position, .unknown(word))
            }
            position = end + 1
        }
        self.text = text
        self.parts = parts
    }

    /// Whether every repository gets the same name.
    public var isConstant: Bool {
        parts.allSatisfy { part in
            if case .text = part { true } else { false }
        }
    }

    /// Fills in the name of a repository.
    ///
    /// The result need not be a name: what is filled in may make it too long, for example.
    /// - Parameter path: The name below the fixed part of the job's source.
    /// - Throws: ``TemplateError`` where the template wants a parent and there is none.
    public func apply(path: RepositoryName) throws(TemplateError) -> String {
        let components = path.components
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .path: result += path.text
            case .name: result += components.last ?? ""
            case .parent(let offset):
                guard components.count > 1 else {
                    throw TemplateError(text: text, offset: offset, reason: .noParent(path))
                }
                result += components.dropLast().joined(separator: "/")
            }
        }
        return result
    }

    private static func plainText(
        _ bytes: ArraySlice<UInt8>,
        _ fail: (Int, TemplateError.Reason) -> TemplateError
    ) throws(TemplateError) -> String {
        let bad = bytes.firstIndex { byte in
            !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) && !"._-/".utf8.contains(byte)
        }
        if let bad { throw fail(bad, .character) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension NameTemplate: CustomStringConvertible {
    /// The template as it is written.
    public var description: String { text }
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
        /// Nothing of this name can be filled in.
        case unknown(String)
        /// The repository has one component, so nothing stands before it.
        case noParent(RepositoryName)
    }

    /// The template.
    public let text: String
    /// The byte in the text at which the mistaken part begins, from 0.
    public let offset: Int
    /// What is wrong.
    public let reason: Reason
}
