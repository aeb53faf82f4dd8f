// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI

/// Buys what registries of Elastic Container Registry want to see: a password for 12 hours (`GetAuthorizationToken`).
struct ECRAuthorization: Sendable {
    private struct Entry: Decodable {
        var authorizationToken: String
        var expiresAt: Double?
    }

    private struct Answer: Decodable { var authorizationData: [Entry] }
    private struct PublicAnswer: Decodable { var authorizationData: Entry }

    /// The name that signatures for the API of the public registry use.
    private static let publicService = "ecr-public"

    /// The longest life that is believed, in seconds.
    private static let longestLife = 12.0 * 3600

    let context: CloudContext

    /// The API of a registry: in the region of its name, or for any other name in the usual one.
    func endpoint(for host: RegistryHost) throws -> AWSEndpoint {
        // There is one public registry, and its API is in one region.
        if host.name == "public.ecr.aws" {
            return try AWSEndpoint(
                host: "api.ecr-public.us-east-1.amazonaws.com",
                region: "us-east-1",
                service: Self.publicService,
                variable: "ECR_PUBLIC",
                context
            )
        }
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
        let entry = try await entry(at: endpoint, keys)
        let service = "\(endpoint.url.origin)"
        guard let entry, let data = Data(base64Encoded: entry.authorizationToken),
            let text = String(validating: data, as: UTF8.self), let colon = text.firstIndex(of: ":")
        else { throw context.error(.answer(service, missing: "a token")) }
        // A time that is over by this machine's clock says that the clock is wrong: the service gives no such passwords.
        let life = entry.expiresAt.map { $0 - Double(context.now()) }
        return Credential(
            .password(username: String(text[..<colon]), Secret(String(text[text.index(after: colon)...]))),
            origin: "\(keys.origin), by a token of \(service)",
            life: .seconds(min(max(life ?? Self.longestLife, 60), Self.longestLife))
        )
    }

    private func entry(at endpoint: AWSEndpoint, _ keys: AWSKeys) async throws -> Entry? {
        func request(_ api: String) -> AWSRequest {
            AWSRequest(endpoint: endpoint, target: "\(api).GetAuthorizationToken", body: "{}")
        }
        if endpoint.service == Self.publicService {
            let answer: PublicAnswer = try await request("SpencerFrontendService").send(by: keys, context)
            return answer.authorizationData
        }
        let answer: Answer = try await request("AmazonEC2ContainerRegistry_V20150921").send(by: keys, context)
        return answer.authorizationData.first
    }
}
