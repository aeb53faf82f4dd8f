// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a token allows: actions on one resource (distribution's token scope, `type:name:actions`).
struct AccessScope: Hashable, Sendable {
    /// What is to be done with a repository or the catalog.
    enum Actions: String, Sendable {
        case pull
        case pullAndPush = "pull,push"
        /// Seeing what a repository has, at Azure's registries.
        case metadataRead = "metadata_read"
        case any = "*"

        func covers(_ other: Actions) -> Bool { self == other || (self == .pullAndPush && other == .pull) }
    }

    let resource: String
    let actions: Actions

    /// Reading a repository, or reading and writing it.
    static func repository(_ name: RepositoryName, _ actions: Actions) -> AccessScope {
        AccessScope(resource: "repository:\(name)", actions: actions)
    }

    /// Listing the repositories.
    static let catalog = AccessScope(resource: "registry:catalog", actions: .any)

    /// The scope as token servers read it.
    var text: String { "\(resource):\(actions.rawValue)" }

    /// Whether whoever may do this may do the other, too.
    func covers(_ other: AccessScope) -> Bool { resource == other.resource && actions.covers(other.actions) }
}

extension Set<AccessScope> {
    /// Whether these allow all of the others.
    func covers(_ others: Set<AccessScope>) -> Bool { others.allSatisfy { other in contains { $0.covers(other) } } }
}
