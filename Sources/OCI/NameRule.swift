// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A rule that names repositories of several registries anew: `docker.io/**=hub/**`.
///
/// On the left stands what an address says of repositories; a slash in front stands for those that came from no registry. On
/// the right stands what takes the place of its fixed part.
public struct NameRule: Hashable, Sendable {
    /// The rule as it is written.
    public let text: String
    /// The registry; `nil` for what came from none.
    private let host: RegistryHost?
    private let scope: Address.Scope
    private let mapping: NameMapping

    /// Reads a rule.
    /// - Throws: ``NameRuleError``, ``AddressError``, ``MappingError``.
    public init(_ text: String) throws {
        guard let equals = text.firstIndex(of: "=") else { throw NameRuleError.noEquals(text) }
        let left = String(text[..<equals])
        let right = String(text[text.index(after: equals)...])
        self.text = text
        let source: Address
        if left.hasPrefix("/") {
            source = try Address("layout:bundle/\(left)")
            host = nil
        } else {
            source = try Address(left)
            guard let registry = source.host else { throw NameRuleError.notARegistry(text) }
            host = registry
        }
        if case .image = source.scope { throw NameRuleError.image(text) }
        scope = source.scope
        let target =
            ["/**", "/*", "**", "*"].first { right.hasSuffix($0) }.map { String(right.dropLast($0.count)) } ?? right
        mapping = try NameMapping(from: source, to: try Address("layout:bundle//\(target)"))
    }

    /// What a repository is called; `nil` where the rule does not speak of it.
    /// - Throws: ``NameError`` if the new name is too long.
    public func name(of repository: RepositoryName, from host: RegistryHost?) throws(NameError) -> RepositoryName? {
        guard host == self.host, scope.includes(repository) else { return nil }
        return try mapping.destination(of: repository)
    }
}

/// Why a text is no rule for names.
public enum NameRuleError: Error, Hashable, Sendable {
    /// There is no `=` in it.
    case noEquals(String)
    /// What stands on the left is a folder or a file.
    case notARegistry(String)
    /// What stands on the left is one image, not a repository.
    case image(String)
}
