// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Replication

/// What stands at `credentials`: one way to log in, or a list of them with the repositories that each is for.
struct CredentialRules {
    /// In the order of the file; the first that fits a repository counts.
    private(set) var byRepository: [RegistrySettings.RepositoryCredentials] = []
    /// For all that none of these fits.
    private(set) var others: RegistrySettings.Credentials?

    static let schema = ConfigSchema.either([
        .mapping(CredentialKeys.shape), .list(.mapping(CredentialKeys.shape)),
    ])

    /// Reads them; what is wrong is reported and left out.
    init(_ node: ConfigNode, _ reader: ConfigReader) {
        var lines: [RepositoryPattern: Int] = [:]
        var lineForAll: Int?
        for item in Self.items(of: node, reader) {
            if let lineForAll { reader.report(.neverUsed(coveredInLine: lineForAll), at: item) }
            let credentials = CredentialKeys.read(item, reader)
            guard let list = Self.repositories(of: item) else {
                lineForAll = lineForAll ?? item.mark.line
                others = others ?? credentials
                continue
            }
            let patterns = Self.patterns(in: list, &lines, reader)
            if let credentials { byRepository.append(.init(repositories: patterns, credentials: credentials)) }
        }
    }

    private static func items(of node: ConfigNode, _ reader: ConfigReader) -> [ConfigNode] {
        guard case .list(let items) = node.value else { return [node] }
        if items.isEmpty { reader.report(.expected("a list with credentials in it", found: "none"), at: node) }
        return items
    }

    private static func repositories(of item: ConfigNode) -> ConfigNode? {
        guard case .mapping(let entries) = item.value else { return nil }
        return entries.first { $0.key == CredentialKeys.repositories.name }?.value
    }

    /// The patterns of one entry.
    /// - Parameter lines: The line of every pattern that was read before: a second one would never be asked.
    private static func patterns(
        in list: ConfigNode,
        _ lines: inout [RepositoryPattern: Int],
        _ reader: ConfigReader
    ) -> [RepositoryPattern] {
        guard let items = reader.list(list) else { return [] }
        if items.isEmpty { reader.report(.expected("a list with a repository in it", found: "none"), at: list) }
        var patterns: [RepositoryPattern] = []
        for item in items {
            guard let pattern = CredentialKeys.pattern(item, reader) else { continue }
            if let line = lines[pattern] {
                reader.report(.repeated(pattern.text, firstLine: line), at: item)
            } else {
                lines[pattern] = item.mark.line
                patterns.append(pattern)
            }
        }
        return patterns
    }
}

extension RegistrySettings {
    /// The same for Docker Hub, where a name without a slash is one of `library`.
    var ofHub: RegistrySettings {
        var settings = self
        settings.repositoryCredentials = repositoryCredentials.map { entry in
            RepositoryCredentials(repositories: entry.repositories.map(\.ofHub), credentials: entry.credentials)
        }
        return settings
    }
}
