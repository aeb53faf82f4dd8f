// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// The two addresses of a copy, read and found to fit each other.
struct AddressPair {
    let source: Address
    let destination: Address
    let selection: Selection
    let mapping: NameMapping

    /// Reads both addresses.
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
}

/// All tags are asked for, but one image is named.
struct AllTagsError: Error {}
