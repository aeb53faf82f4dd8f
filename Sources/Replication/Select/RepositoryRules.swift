// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What is taken of the repositories that a pattern means.
public struct RepositoryRule: Hashable, Sendable {
    /// Which repositories.
    public let pattern: RepositoryPattern
    /// Which of their tags; `nil` for all.
    public let tags: TagRule?
    /// Images to take by their digest, whether a tag points to them or not.
    public let digests: [Digest]
    /// What the repositories are called at the destination; `nil` for what they are called at the source.
    public let rename: NameTemplate?

    /// Makes a rule.
    public init(
        pattern: RepositoryPattern,
        tags: TagRule? = nil,
        digests: [Digest] = [],
        rename: NameTemplate? = nil
    ) {
        self.pattern = pattern
        self.tags = tags
        self.digests = digests
        self.rename = rename
    }
}

/// What a list of rules means for one repository.
public enum RepositoryVerdict: Hashable, Sendable {
    /// The repository is taken as the rule at this place of the list says.
    case taken(ruleIndex: Int)
    /// A pattern leaves the repository out.
    case excluded(by: RepositoryPattern)
    /// Nothing was said of the repository.
    case unmatched
}

/// The repositories of a job: what is taken and how, and what is left out.
///
/// An exclusion wins over every rule, wherever it stands. Otherwise a rule with the repository's own name wins over rules
/// with wildcards, wherever it stands, and then the first rule of the list that matches. Exactly one rule holds for a
/// repository; rules do not add up.
public struct RepositoryRules: Hashable, Sendable {
    /// The rules, in the order in which they are tried.
    public let rules: [RepositoryRule]
    /// What is left out.
    public let exclusions: [RepositoryPattern]
    private let ruleOfLiteral: [RepositoryName: Int]
    private let wildcardRules: [Int]

    /// Makes rules.
    ///
    /// Names and patterns speak of repositories below the fixed part of the job's source.
    public init(rules: [RepositoryRule], exclusions: [RepositoryPattern] = []) {
        self.rules = rules
        self.exclusions = exclusions
        var ruleOfLiteral: [RepositoryName: Int] = [:]
        var wildcardRules: [Int] = []
        for (index, rule) in rules.enumerated() {
            if let name = rule.pattern.literal {
                if ruleOfLiteral[name] == nil { ruleOfLiteral[name] = index }
            } else {
                wildcardRules.append(index)
            }
        }
        self.ruleOfLiteral = ruleOfLiteral
        self.wildcardRules = wildcardRules
    }

    /// What the rules mean for a repository.
    public func verdict(for name: RepositoryName) -> RepositoryVerdict {
        if let exclusion = exclusions.first(where: { $0.matches(name) }) { return .excluded(by: exclusion) }
        if let index = ruleOfLiteral[name] { return .taken(ruleIndex: index) }
        if let index = wildcardRules.first(where: { rules[$0].pattern.matches(name) }) {
            return .taken(ruleIndex: index)
        }
        return .unmatched
    }

    /// The repositories that are named and not left out, each once, in the order of the list.
    ///
    /// They are known without asking the source for its catalog.
    public var literals: [RepositoryName] {
        rules.indices.compactMap { index in
            guard let name = rules[index].pattern.literal, verdict(for: name) == .taken(ruleIndex: index) else {
                return nil
            }
            return name
        }
    }

    /// Whether some repositories can only be found in the source's catalog.
    public var needsCatalog: Bool { !wildcardRules.isEmpty }

    /// The paths below which all repositories lie that patterns can mean; none stands for the whole source.
    /// - Parameter base: The path that the rules' names are relative to.
    public func catalogPaths(below base: RepositoryName?) -> [RepositoryName] {
        var paths: Set<RepositoryName> = []
        for index in wildcardRules {
            let inner = rules[index].pattern.fixedPath
            let path = [base?.text, inner?.text].compactMap(\.self).joined(separator: "/")
            guard let name = try? RepositoryName(path) else { return [] }
            paths.insert(name)
        }
        // What lies below another path is listed with it.
        return paths.filter { path in !paths.contains { path.text.hasPrefix("\($0)/") } }.sorted { $0.text < $1.text }
    }
}
