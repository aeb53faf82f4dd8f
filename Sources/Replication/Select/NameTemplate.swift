// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// How a repository is called at the destination, as a text with places to fill in.
///
/// `{path}` is the name below the fixed part of the job's source, `{name}` its last component, `{parent}` what stands before
/// that. For `team/web/app` these are `team/web/app`, `app` and `team/web`.
public struct NameTemplate: Hashable, Sendable {
    private let template: TextTemplate

    /// The template as it is written.
    public var text: String { template.text }

    /// Reads a template.
    /// - Throws: `TemplateError` with the place of the mistake.
    public init(_ text: String) throws(TemplateError) {
        template = try TextTemplate(text, words: ["path", "name", "parent"], allows: Self.allows)
    }

    /// Whether every repository gets the same name.
    public var isConstant: Bool { template.isConstant }

    /// Fills in the name of a repository.
    ///
    /// The result need not be a name: what is filled in may make it too long, for example.
    /// - Parameter path: The name below the fixed part of the job's source.
    /// - Throws: `TemplateError` where the template wants a parent and there is none.
    public func apply(path: RepositoryName) throws(TemplateError) -> String {
        let components = path.components
        var result = ""
        for part in template.parts {
            switch part {
            case .text(let text): result += text
            case .place("path", _): result += path.text
            case .place("name", _): result += components.last ?? ""
            case .place(_, let offset):
                guard components.count > 1 else {
                    throw TemplateError(text: text, offset: offset, reason: .noParent(path))
                }
                result += components.dropLast().joined(separator: "/")
            }
        }
        return result
    }

    private static func allows(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || "._-/".utf8.contains(byte)
    }
}

extension NameTemplate: CustomStringConvertible {
    /// The template as it is written.
    public var description: String { text }
}
