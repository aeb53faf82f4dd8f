// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent
import Synchronization

/// The routes that rules select: the repositories that they name, and those of the catalog that their patterns match.
struct RuledRoutes: Sendable {
    let rules: RepositoryRules
    /// The path that names in the rules are relative to; `nil` stands for the whole registry.
    let base: RepositoryName?
    let finder: RouteFinder

    func routes() -> Pages<RouteRequest> {
        // Without a rule that renames, different repositories keep different names.
        let taken = rules.rules.contains { $0.rename != nil } ? TakenNames() : nil
        let literals = rules.literals.flatMap { requests($0, isNamed: true, taken) }
        guard rules.needsCatalog else { return Pages(literals) }
        let known = Set(rules.literals)
        let catalog = finder.catalog(below: rules.catalogPaths(below: base))
        return Pages {
            var names = catalog.makeAsyncIterator()
            var first: [RouteRequest]? = literals.isEmpty ? nil : literals
            return {
                if let page = first {
                    first = nil
                    return page
                }
                return try await names.next()?
                    .flatMap { name -> [RouteRequest] in
                        guard let path = Self.path(of: name, below: base), !known.contains(path) else { return [] }
                        return requests(path, isNamed: false, taken)
                    }
            }
        }
    }

    /// The routes of one repository: its tags, and beside them what is named by digest.
    private func requests(_ path: RepositoryName, isNamed: Bool, _ taken: TakenNames?) -> [RouteRequest] {
        let verdict = rules.verdict(for: path)
        guard case .taken(let index) = verdict else {
            if let name = try? fullName(path) { finder.leftOut(name, verdict) }
            return []
        }
        let rule = rules.rules[index]
        do {
            let name = try fullName(path)
            var renamed: RepositoryName?
            if let template = rule.rename { renamed = try fullName(try RepositoryName(try template.apply(path: path))) }
            if let taken {
                let destination = try finder.mapping.destination(of: renamed ?? name)
                if let other = taken.claim(destination, for: name) {
                    throw NameTaken(destination: destination, other: other)
                }
            }
            let digests = rule.digests.map { NamedImage(.digest($0)) }
            guard rule.tags != nil || digests.isEmpty else {
                // Digests without a rule for tags are all that is wanted.
                return finder.request(name, .named(digests), as: renamed, isNamed: isNamed).map { [$0] } ?? []
            }
            return finder.requests(name, .tags(rule.tags), digests, as: renamed, isNamed: isNamed)
        } catch {
            finder.failed((try? fullName(path)) ?? path, error)
            return []
        }
    }

    /// A repository's name without the base; `nil` if it does not lie below it.
    static func path(of name: RepositoryName, below base: RepositoryName?) -> RepositoryName? {
        guard let base else { return name }
        guard name.text.hasPrefix("\(base)/") else { return nil }
        return try? RepositoryName(String(name.text.dropFirst(base.text.count + 1)))
    }

    private func fullName(_ path: RepositoryName) throws(NameError) -> RepositoryName {
        guard let base else { return path }
        return try RepositoryName("\(base)/\(path)")
    }
}

/// Which names of the destination were given to which repositories: one that is renamed can meet any other.
private final class TakenNames: Sendable {
    private let names = Mutex<[RepositoryName: RepositoryName]>([:])

    /// Takes a name.
    /// - Returns: The repository that has it already.
    func claim(_ name: RepositoryName, for repository: RepositoryName) -> RepositoryName? {
        names.withLock { names in
            if let other = names[name] { return other == repository ? nil : other }
            names[name] = repository
            return nil
        }
    }
}

/// Two repositories of the source would become one.
public struct NameTaken: Error, Hashable, Sendable {
    /// What both would be called at the destination.
    public let destination: RepositoryName
    /// The one that has the name.
    public let other: RepositoryName
}
