// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A set of repositories, written as in addresses: `team/app`, `team/*`, `team/**`, `*`, `**`.
public struct RepositoryPattern: Hashable, Sendable {
    private enum Form: Hashable, Sendable {
        case exact(RepositoryName)
        case level(below: RepositoryName?)
        case subtree(below: RepositoryName?)
    }

    /// Every repository.
    public static let all = RepositoryPattern(form: .subtree(below: nil))

    private let form: Form

    private init(form: Form) { self.form = form }

    /// Reads a pattern; a star stands only at its end.
    public init(_ text: String) throws(NameError) {
        switch text {
        case "*": form = .level(below: nil)
        case "**": form = .subtree(below: nil)
        case _ where text.hasSuffix("/**"): form = .subtree(below: try RepositoryName(String(text.dropLast(3))))
        case _ where text.hasSuffix("/*"): form = .level(below: try RepositoryName(String(text.dropLast(2))))
        default: form = .exact(try RepositoryName(text))
        }
    }

    /// Whether every repository is in the set.
    public var isAll: Bool { self == .all }

    /// Whether a repository is in the set; what is below `team` is not `team` itself.
    public func contains(_ name: RepositoryName) -> Bool {
        switch form {
        case .exact(let exact): name == exact
        case .level(let parent):
            rest(of: name, below: parent).map { !$0.utf8.contains(UInt8(ascii: "/")) } ?? false
        case .subtree(let parent): rest(of: name, below: parent) != nil
        }
    }

    private func rest(of name: RepositoryName, below parent: RepositoryName?) -> Substring? {
        guard let parent else { return name.text[...] }
        guard name.text.hasPrefix("\(parent.text)/") else { return nil }
        return name.text.dropFirst(parent.text.count + 1)
    }
}
