// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI

/// Buys what registries of Elastic Container Registry want to see: a password for 12 hours (`GetAuthorizationToken`).
struct ECRAuthorization: Sendable {
    private struct Answer: Decodable {
        struct Entry: Decodable {
            var authorizationToken: String
            var expiresAt: Double?
        }
        var authorizationData: [Entry]
    }

    /// The longest life that is believed, in seconds.
    private static let longestLife: Int64 = 12 * 3600

    let context: CloudContext

    /// The API of a registry: in the region of its name, or for any other name in the usual one.
    func endpoint(for host: RegistryHost) throws -> AWSEndpoint {
        let known = ECRHost(host)
        let region = try known?.region ?? AWSRegion.usual(context, AWSProfile(context))
        return try AWSEndpoint(
            host: known?.apiHost ?? ECRHost.apiHost(in: region),
            region: region,
            service: "ecr",
            variable: "ECR",
            context
        )
    }

    /// The credential for the registries of a region.
    func credential(at endpoint: AWSEndpoint) async throws -> Credential {
        let keys = try await AWSKeyChain(context: context).keys(region: endpoint.region)
        let request = AWSRequest(
            endpoint: endpoint,
            target: "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
            body: "{}"
        )
        let answer: Answer = try await request.send(by: keys, context)
        let service = "\(endpoint.url.origin)"
        guard let entry = answer.authorizationData.first, let data = Data(base64Encoded: entry.authorizationToken),
            let text = String(validating: data, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { throw context.error(.answer(service, missing: "a token")) }
        let life = entry.expiresAt.flatMap { Int64(exactly: $0.rounded()) }.map { $0 - context.now() }
        return Credential(
            .password(username: String(text[..<colon]), Secret(String(text[text.index(after: colon)...]))),
            origin: "\(keys.origin), by a token of \(service)",
            life: .seconds(min(max(life ?? Self.longestLife, 1), Self.longestLife))
        )
    }
}
