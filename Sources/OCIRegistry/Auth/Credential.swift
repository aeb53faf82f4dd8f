// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What somebody may identify himself with at a registry.
public struct Credential: Hashable, Sendable {
    /// The forms that credentials come in.
    public enum Kind: Hashable, Sendable {
        /// A user name and a password.
        case password(username: String, Secret)
        /// A token that stands for a login, and that other tokens are bought with (`identitytoken`).
        case identityToken(Secret)
        /// A token that is shown to the registry as it is (`registrytoken`).
        case registryToken(Secret)
    }

    /// What is shown to the registry, or to its token server.
    public let kind: Kind
    /// Where it was found, for people: `/home/me/.docker/config.json`.
    public let origin: String
    /// How long it is good from now on, when it is given out; `nil` for one that does not end.
    public let life: Duration?

    /// Makes a credential.
    public init(_ kind: Kind, origin: String, life: Duration? = nil) {
        self.kind = kind
        self.origin = origin
        self.life = life
    }

    /// The same credential with another life.
    func living(_ life: Duration?) -> Credential { Credential(kind, origin: origin, life: life) }

    /// The user name, where there is one; for people.
    public var username: String? { if case .password(let name, _) = kind { name } else { nil } }
}

/// A place where credentials are kept.
public protocol CredentialStore: Sendable {
    /// The credential for a registry, and for a repository of it if one is meant; `nil` if the place has none.
    ///
    /// - Throws: An error if the place cannot be read. What it throws must not hold secrets.
    func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential?
}

/// Several places, of which the first that has a credential counts.
public struct CredentialStores: CredentialStore {
    private let stores: [any CredentialStore]

    /// Puts places in their order.
    public init(_ stores: [any CredentialStore]) { self.stores = stores }

    /// The credential of the first place that has one.
    public func credential(for host: RegistryHost, repository: RepositoryName?) async throws -> Credential? {
        for store in stores {
            if let credential = try await store.credential(for: host, repository: repository) { return credential }
        }
        return nil
    }
}
