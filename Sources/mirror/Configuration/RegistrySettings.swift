// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIRegistry
import Replication

/// What a config file says of one registry.
///
/// What it does not say is `nil`, and stays as it is without a file.
struct RegistrySettings: Hashable, Sendable {
    /// Where a secret is kept; never the secret itself.
    enum SecretSource: Hashable, Sendable {
        /// In an environment variable of this name.
        case environment(String)
        /// In a file; one newline at its end does not count.
        case file(String)
        /// With a credential helper of this name, of whose answer only the secret is taken.
        case helper(String)
    }

    /// How to log in.
    enum Credentials: Hashable, Sendable {
        case password(username: String, SecretSource)
        case identityToken(SecretSource)
        /// With the user name and the secret that a helper gives.
        case helper(String)
        /// With what a cloud gives to those whom it runs or knows.
        case provider(CloudProvider)
    }

    /// How to log in for some repositories of a registry.
    struct RepositoryCredentials: Hashable, Sendable {
        let repositories: [RepositoryPattern]
        let credentials: Credentials
    }

    /// What a client shows of itself in TLS.
    struct ClientCertificate: Hashable, Sendable {
        /// The file of the certificate, and of those between it and the authority; PEM.
        let certificate: String
        /// The file of its key; PEM.
        let key: String
    }

    /// The oldest version of TLS that is spoken.
    enum TLSVersion: String, Hashable, Sendable, CaseIterable {
        case v12 = "1.2"
        case v13 = "1.3"
    }

    /// How to log in for all that no entry of ``repositoryCredentials`` fits.
    var credentials: Credentials?
    /// How to log in for some repositories; the first that fits counts.
    var repositoryCredentials: [RepositoryCredentials] = []
    /// The scheme of requests, unless an address is written with another one.
    var scheme: Scheme?
    /// Where the product's own API is.
    var api: RequestURL.Origin?
    /// How many pulls are left for others.
    var keptPulls: Int?
    /// What becomes of a run that has used the others up.
    var pullShortage: PullRule.Shortage?
    /// What the registry is.
    var product: RegistryProduct?
    /// A file of certificates of authorities that are trusted besides those of the system; PEM.
    var certificateAuthority: String?
    var clientCertificate: ClientCertificate?
    var skipsCertificateVerification = false
    var minimumTLS: TLSVersion?
    var requests: Int?
    /// Blobs above this many bytes are sent in pieces.
    var chunkedAbove: Int64?
    /// Bytes a second, for reading and for writing each.
    var bandwidth: ByteRate?
    var connectTimeout: Duration?
    var idleTimeout: Duration?
    var commitTimeout: Duration?
    /// Hosts besides the registry's own domain to which its credentials may be sent, to get tokens.
    var tokenServers: [RegistryHost] = []
    /// Hosts besides the registry to which an upload may be led.
    var uploadHosts: [RegistryHost] = []

    /// How repositories are made that are not there; `nil` if they are not.
    var create: CreateSettings?
    /// Places that are read from first.
    var mirrors: [MirrorPlace] = []
    /// Whether the registry itself is never read from.
    var usesOnlyMirrors = false

    /// How much of the registry's pulls is used.
    var pullRule: PullRule { PullRule(kept: keptPulls ?? 0, shortage: pullShortage ?? .stop) }

    /// The limits that a registry has without a file, with what the file says instead.
    var limits: RegistryLimits {
        var limits = RegistryLimits()
        if let requests { limits.requests = requests }
        if let chunkedAbove { limits.piecesAbove = chunkedAbove }
        if let connectTimeout { limits.connectTimeout = connectTimeout }
        if let idleTimeout { limits.idleTimeout = idleTimeout }
        if let commitTimeout { limits.commitTimeout = commitTimeout }
        return limits
    }

    /// How to log in for a repository, or, where none is meant, for the registry as a whole.
    ///
    /// The whole has the credentials that hold for no repository in particular, or else the first of all.
    func credentials(for repository: RepositoryName?) -> Credentials? {
        guard let repository else { return credentials ?? repositoryCredentials.first?.credentials }
        let own = repositoryCredentials.first { $0.repositories.contains { $0.matches(repository) } }
        return own?.credentials ?? credentials
    }
}
