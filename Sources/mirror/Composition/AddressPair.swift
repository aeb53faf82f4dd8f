// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// What is copied from one place to another.
struct AddressPair {
    let source: Address
    let destination: Address
    let selection: Selection
    var mapping: NameMapping

    /// Reads two addresses, and finds whether they fit each other.
    /// - Throws: `AddressError`, `MappingError`, ``AllTagsError``.
    init(source sourceText: String, destination destinationText: String, allTags: Bool) throws {
        var source = try Address(sourceText)
        switch source.scope {
        // What is copied keeps its own name below the destination.
        case .registry, .subtree, .level: destination = try Address.base(destinationText)
        case .repository, .image: destination = try Address(destinationText)
        }
        switch source.scope {
        case .image where allTags: throw AllTagsError()
        case .repository(let name) where !allTags: source.scope = .image(name, .tag(.latest))
        default: break
        }
        self.source = source
        selection = Selection(source.scope, allTags: allTags)
        mapping = try NameMapping(from: source, to: destination)
    }

    /// Images of one registry that files name.
    init(_ images: [ListedImage], of place: Place, to destination: Address, _ mapping: NameMapping) {
        source = Address(place: place, scope: .registry)
        self.destination = destination
        selection = .references(images.map(\.reference))
        self.mapping = mapping
    }

    /// The repositories that are named one by one, each once; what is found in a catalog is not among them.
    var repositories: [RepositoryName] {
        guard case .references(let references) = selection else { return [] }
        var seen: Set<RepositoryName> = []
        return references.map(\.repository).filter { seen.insert($0).inserted }
    }
}

/// All tags are asked for, but one image is named.
struct AllTagsError: Error {}
