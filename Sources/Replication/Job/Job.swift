// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// What is to be copied from where to where.
public struct Job: Sendable {
    /// Where content is read from.
    public let source: any SourceEndpoint
    /// Where it is written to.
    public let destination: any SinkEndpoint
    /// What of the source is meant.
    public let selection: Selection
    /// What repositories are called at the destination.
    public let mapping: NameMapping

    /// Makes a job.
    public init(
        source: any SourceEndpoint,
        destination: any SinkEndpoint,
        selection: Selection,
        mapping: NameMapping
    ) {
        self.source = source
        self.destination = destination
        self.selection = selection
        self.mapping = mapping
    }
}

/// Which repositories and images of a source are meant.
public enum Selection: Hashable, Sendable {
    /// All tags of all repositories for which the scope's pattern holds.
    case catalog(Address.Scope)
    /// All tags of one repository.
    case repository(RepositoryName)
    /// One image.
    case image(RepositoryName, Target)

    /// What an address means in `copy`: a repository alone stands for its tag `latest`, unless all tags are asked for.
    public init(_ scope: Address.Scope, allTags: Bool) {
        self =
            switch scope {
            case .registry, .subtree, .level: .catalog(scope)
            case .repository(let name): allTags ? .repository(name) : .image(name, .tag(.latest))
            case .image(let name, let target): .image(name, target)
            }
    }

    /// Whether a repository of the catalog is meant.
    func includes(_ name: RepositoryName) -> Bool {
        switch self {
        case .repository(let own), .image(let own, _): own == name
        case .catalog(.registry), .catalog(.subtree(nil)): true
        case .catalog(.level(nil)): !name.text.contains("/")
        case .catalog(.subtree(let parent?)): name.text.hasPrefix("\(parent)/")
        case .catalog(.level(let parent?)):
            name.text.hasPrefix("\(parent)/") && !name.text.dropFirst(parent.text.count + 1).contains("/")
        case .catalog(.repository(let own)), .catalog(.image(let own, _)): own == name
        }
    }
}

/// One repository of the source on its way to one repository of the destination: the unit of work.
public struct Route: Hashable, Sendable {
    /// The repository that is read.
    public let source: RepositoryName
    /// The repository that is written.
    public let destination: RepositoryName

    /// Makes a route.
    public init(source: RepositoryName, destination: RepositoryName) {
        self.source = source
        self.destination = destination
    }
}
