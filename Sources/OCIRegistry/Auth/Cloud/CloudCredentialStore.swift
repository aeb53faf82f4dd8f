// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// The credentials of clouds for registries that are known by their names to be of one, where the environment shows that
/// they are meant.
///
/// - Private registries of AWS always, since nothing can be read there without.
/// - Registries of Google where `GOOGLE_APPLICATION_CREDENTIALS` is set.
/// - Registries of Azure where `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, and a secret or the file of a token are set.
public struct CloudCredentialStore: CredentialStore {
    private let credentials: CloudCredentials
    private let environment: [String: String]

    /// Describes the place; nothing is asked yet.
    public init(_ credentials: CloudCredentials, environment: [String: String]) {
        self.credentials = credentials
        self.environment = environment
    }

    /// The credential for a registry; `nil` for one that is of no cloud, or is not meant.
    /// - Throws: ``CloudCredentialError``, ``SmallFileError``.
    public func credential(for host: RegistryHost, repository _: RepositoryName?) async throws -> Credential? {
        guard let provider = Self.provider(of: host, environment) else { return nil }
        do {
            return try await credentials.credential(of: provider, for: host)
        } catch let error as CloudCredentialError {
            // The variable is for other programs, too, and much of what Google has is public.
            if case .unsupported = error.reason, provider == .google { return nil }
            throw error
        }
    }

    /// The cloud of a registry, if it is clear that its credentials are to be used.
    static func provider(of host: RegistryHost, _ environment: [String: String]) -> CloudProvider? {
        if ECRHost(host) != nil { return .aws }
        switch ProductDetection.product(of: host) {
        case .gar?: return GoogleIdentity.isNamed(environment) ? .google : nil
        case .acr?: return AzureIdentity.isNamed(environment) ? .azure : nil
        default: return nil
        }
    }
}
