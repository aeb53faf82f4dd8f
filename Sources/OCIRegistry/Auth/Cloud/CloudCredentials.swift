// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
import OCIContent

/// Credentials that clouds give to those whom they run or know, without programs of theirs.
///
/// What was found is kept, for all registries that it is good for, and renewed before it ends.
public struct CloudCredentials: Sendable {
    /// What one credential is good for.
    private enum Key: Hashable, Sendable {
        case aws(AWSEndpoint)
        case google
        case azure(RegistryHost)
    }

    /// How long a failure that does not pass by itself stands: each of thousands of repositories asks, and a metadata server
    /// that is not there takes time.
    private static let failureLife: Duration = .seconds(30)

    private let environment: [String: String]
    private let client: CloudClient
    private let keeper: CredentialKeeper<Key>
    private let keys = AWSKeyKeeper()

    /// Describes where to look; nothing is asked yet.
    /// - Parameters:
    ///   - environment: The variables of the clouds' own tools.
    ///   - proxy: The proxy for services; metadata servers are never reached through one.
    ///   - scheme: How a registry is spoken to.
    ///   - metadataTimeout: How long a metadata server may take to answer.
    ///   - clock: What lives are measured by; for tests.
    public init(
        environment: [String: String],
        proxy: ProxySettings = ProxySettings(),
        userAgent: String = "mirror",
        scheme: @escaping @Sendable (RegistryHost) -> Scheme = { $0.isLoopback ? .http : .https },
        metadataTimeout: Duration = .seconds(5),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.environment = environment
        let client = CloudClient(proxy: proxy, userAgent: userAgent, metadataTimeout: metadataTimeout)
        self.client = client
        keeper = CredentialKeeper(watch: Stopwatch(clock), failureLife: Self.failureLife) { key in
            func context(_ provider: CloudProvider) -> CloudContext {
                CloudContext(provider: provider, environment: environment, client: client)
            }
            return switch key {
            case .aws(let endpoint): try await ECRAuthorization(context: context(.aws)).credential(at: endpoint)
            case .google: try await GoogleIdentity(context: context(.google)).credential()
            case .azure(let host):
                try await AzureExchange(context: context(.azure)).credential(for: host, scheme(host))
            }
        }
    }

    /// The calls of ECR's API for a registry; `nil` where it is not clear whose registry it is.
    ///
    /// For a name that says neither account nor region, the API would answer for those of the keys: only where the user names
    /// the API is that what he means. The public registry has another API.
    func ecrCalls(for host: RegistryHost, api: RequestURL.Origin?) -> ECRCalls? {
        guard ECRHost(host) != nil || api != nil, host.name != ECRHost.publicName else { return nil }
        let context = CloudContext(provider: .aws, environment: environment, client: client)
        guard let usual = try? ECRAuthorization(context: context).endpoint(for: host) else { return nil }
        return ECRCalls(api.map(usual.at) ?? usual, context, keys)
    }

    /// The credential of a cloud for a registry, whatever the registry's name.
    /// - Throws: ``CloudCredentialError``, also if there is none; ``SmallFileError``.
    public func credential(of provider: CloudProvider, for host: RegistryHost) async throws -> Credential? {
        switch provider {
        case .aws:
            let context = CloudContext(provider: provider, environment: environment, client: client)
            return try await keeper.credential(for: .aws(ECRAuthorization(context: context).endpoint(for: host)))
        case .google: return try await keeper.credential(for: .google)
        case .azure: return try await keeper.credential(for: .azure(host))
        }
    }
}
