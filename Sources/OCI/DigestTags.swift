// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Which tag an image gets at the destination that is named by its digest alone.
///
/// Without one, it would be garbage there: registries remove manifests that no tag leads to.
public enum DigestTags: Hashable, Sendable {
    /// None.
    case untagged
    /// The one that a template makes of the digest.
    case made(DigestTagTemplate)

    /// What holds unless something else is said.
    public static let standard = DigestTags.made(.standard)

    /// Reads a template, or `none`.
    /// - Throws: ``TemplateError`` with the place of the mistake.
    public init(_ text: String) throws(TemplateError) {
        self = text == "none" ? .untagged : .made(try DigestTagTemplate(text))
    }

    /// The tag for a digest; `nil` for none.
    public func tag(of digest: Digest) -> TagName? {
        switch self {
        case .untagged: nil
        case .made(let template): template.tag(of: digest)
        }
    }
}

extension DigestTags: CustomStringConvertible {
    /// As it is written.
    public var description: String {
        switch self {
        case .untagged: "none"
        case .made(let template): template.text
        }
    }
}

/// How a tag is made of a digest, as a text with places to fill in.
///
/// `{algorithm}` is the hash function, `{hex}` the first 64 hexadecimal digits (which are all of a SHA-256), `{short}` the
/// first 12.
public struct DigestTagTemplate: Hashable, Sendable {
    /// `pinned-{algorithm}-{hex}`: no two images share a tag, and none is that of a companion.
    public static let standard = DigestTagTemplate(
        template: TextTemplate(
            text: "pinned-{algorithm}-{hex}",
            parts: [.text("pinned-"), .place("algorithm", offset: 7), .text("-"), .place("hex", offset: 19)]
        )
    )

    private static let words = ["algorithm", "hex", "short"]

    private let template: TextTemplate

    /// The template as it is written.
    public var text: String { template.text }

    private init(template: TextTemplate) { self.template = template }

    /// Reads a template.
    /// - Throws: ``TemplateError`` with the place of the mistake, also where what it makes is no tag, the tag of a companion,
    ///   or the same for every digest.
    public init(_ text: String) throws(TemplateError) {
        func fail(_ reason: TemplateError.Reason) -> TemplateError {
            TemplateError(text: text, offset: 0, reason: reason)
        }
        template = try TextTemplate(text, words: Self.words, allows: TagName.allows)
        let hasDigits = template.parts.contains { part in
            if case .place(let word, _) = part { word != "algorithm" } else { false }
        }
        guard hasDigits else { throw fail(.constantTag) }
        // What digits there are makes no difference to whether it is a tag.
        for algorithm in Digest.Algorithm.allCases {
            let digest = Digest(algorithm: algorithm, hash: [UInt8](repeating: 0, count: algorithm.hexLength / 2))
            let tag: TagName
            do { tag = try TagName(filled(digest)) } catch { throw fail(.tag(error)) }
            guard CompanionTag(tag) == nil else { throw fail(.companionTag) }
        }
    }

    /// The tag for a digest.
    public func tag(of digest: Digest) -> TagName { TagName(known: filled(digest)) }

    private func filled(_ digest: Digest) -> String {
        template.parts
            .map { part in
                switch part {
                case .text(let text): text
                case .place("algorithm", _): digest.algorithm.rawValue
                case .place("short", _): String(digest.hex.prefix(12))
                case .place: String(digest.hex.prefix(64))
                }
            }
            .joined()
    }
}
