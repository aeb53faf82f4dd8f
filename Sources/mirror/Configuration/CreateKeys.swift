// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry

/// What a config file says of repositories that are to be made where they are missing.
struct CreateSettings: Hashable, Sendable {
    /// Whether everybody may read what is made.
    var isPublic = false

    /// How a product makes them; `nil` for one that has no way.
    func way(of product: RegistryProduct?) -> CreationWay? {
        switch product {
        case .harbor: .harborProjects(isPublic: isPublic)
        default: nil
        }
    }
}

/// The keys of `create`.
enum CreateKeys {
    static let isPublic = ConfigKey<Bool>
        .flag("public", "true: everybody may read what is made; false unless it is said.")
    static let shape = ConfigShape([isPublic.field])
    static let create = ConfigKey<CreateSettings>(
        "create",
        "Make what a push needs to be there: projects of Harbor.",
        .mapping(shape)
    ) { node, reader in
        reader.mapping(node, shape).map { CreateSettings(isPublic: $0.value(isPublic) ?? false) }
    }

    /// Finds `create` at registries that have no way to do it.
    static func check(
        _ settings: RegistrySettings,
        _ entry: ConfigNode,
        of host: RegistryHost,
        _ reader: ConfigReader
    ) {
        let product = settings.product ?? RegistryProduct(knownBy: host)
        guard let create = settings.create, create.way(of: product) == nil,
            case .mapping(let keys) = entry.value, let key = keys.first(where: { $0.key == Self.create.name })
        else { return }
        reader.report(.needs("product: harbor"), at: key.keyMark, key.value.path)
    }
}
