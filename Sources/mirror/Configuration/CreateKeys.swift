// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry

/// What a config file says of repositories that are to be made where they are missing.
struct CreateSettings: Hashable, Sendable {
    /// Whether everybody may read what is made.
    var isPublic = false
    /// What repositories of ECR are like.
    var template = ECRTemplate()

    /// How a product makes them; `nil` for one that has no way.
    func way(of product: RegistryProduct?) -> CreationWay? {
        switch product {
        case .harbor: .harborProjects(isPublic: isPublic)
        case .ecr: .ecrRepositories(template)
        default: nil
        }
    }
}

/// The keys of `create`.
enum CreateKeys {
    static let isPublic = ConfigKey<Bool>
        .flag("public", "true: everybody may read what is made; false unless it is said.")
    static let immutableTags = ConfigKey<Bool>
        .flag("immutable-tags", "true: a tag of a repository of ECR stays with its image; false unless it is said.")
    static let scanOnPush = ConfigKey<Bool>
        .flag("scan-on-push", "true: ECR scans what arrives in the repository; false unless it is said.")
    static let shape = ConfigShape([isPublic.field, immutableTags.field, scanOnPush.field])
    static let create = ConfigKey<CreateSettings>(
        "create",
        "Make what a push needs to be there: projects of Harbor, repositories of ECR.",
        .mapping(shape)
    ) { node, reader in
        reader.mapping(node, shape)
            .map { keys in
                CreateSettings(
                    isPublic: keys.value(isPublic) ?? false,
                    template: ECRTemplate(
                        hasImmutableTags: keys.value(immutableTags) ?? false,
                        scansOnPush: keys.value(scanOnPush) ?? false
                    )
                )
            }
    }

    /// Finds `create` at registries that have no way to do it.
    static func check(
        _ settings: RegistrySettings,
        _ entry: ConfigNode,
        of host: RegistryHost,
        _ reader: ConfigReader
    ) {
        let product = settings.product ?? RegistryProduct(knownBy: host)
        guard let create = settings.create, case .mapping(let keys) = entry.value,
            let key = keys.first(where: { $0.key == Self.create.name })
        else { return }
        // The API of AWS's public registry is another one.
        guard create.way(of: product) != nil, host.name != "public.ecr.aws" else {
            return reader.report(.needs("product: harbor, or ecr,"), at: key.keyMark, key.value.path)
        }
        // A name that says neither account nor region: keys of another account would make repositories there.
        if product == .ecr, RegistryProduct(knownBy: host) != .ecr, settings.api == nil {
            reader.report(.needs("api: https://api.ecr.REGION.amazonaws.com"), at: key.keyMark, key.value.path)
        }
        guard let entry = reader.mapping(key.value, shape) else { return }
        let foreign = product == .harbor ? [immutableTags.name, scanOnPush.name] : [isPublic.name]
        for name in foreign where entry[name] != nil {
            reader.report(
                .contradicts("product: \(product?.rawValue ?? "")"),
                at: entry.mark(of: name),
                key.value.path.key(name)
            )
        }
    }
}
