// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Exchanges who somebody is for what a registry of Azure takes: a token that buys others (`POST /oauth2/exchange`).
struct AzureExchange: Sendable {
    private struct Answer: Decodable {
        var token: String

        enum CodingKeys: String, CodingKey { case token = "refresh_token" }
    }

    private struct Claims: Decodable {
        var iat: Double?
        var nbf: Double?
        var exp: Double
    }

    /// The life of a token that does not say how long it is good.
    private static let usualLife: Duration = .seconds(3600)

    let context: CloudContext

    /// The credential for a registry.
    func credential(for host: RegistryHost, _ scheme: Scheme) async throws -> Credential {
        let origin = RequestURL.Origin(scheme: scheme, host: host)
        // Asked before anybody has proved who he is, since that is in vain then.
        guard CloudContext.url("\(origin)") != nil else { throw context.error(.plainText("\(origin)")) }
        let proof = try await AzureIdentity(context: context).proof(authority: Self.authority(of: host))
        var fields = [
            ("grant_type", "access_token"), ("service", host.name), ("access_token", proof.token.exposed),
        ]
        if let tenant = proof.tenant { fields.append(("tenant", tenant)) }
        let url = RequestURL(origin: origin, path: "/oauth2/exchange")
        let answer: Answer = try await context.document(.form(fields, to: url))
        guard answer.token.isToken else { throw context.error(.answer("\(origin)", missing: "refresh_token")) }
        let token = Secret(answer.token)
        let origins = "\(proof.origin), by a token of \(origin)"
        return Credential(.identityToken(token), origin: origins, life: Self.life(of: token))
    }

    /// Where identities are proved for a registry: national clouds have places of their own.
    private static func authority(of host: RegistryHost) -> String {
        if host.name.hasSuffix(".azurecr.cn") { return "https://login.chinacloudapi.cn" }
        if host.name.hasSuffix(".azurecr.us") { return "https://login.microsoftonline.us" }
        return "https://login.microsoftonline.com"
    }

    /// How long a token is good, by what it says itself; the clock of this machine does not matter.
    private static func life(of token: Secret) -> Duration {
        guard let claims = JSONWebToken.claims(Claims.self, of: token), let start = claims.iat ?? claims.nbf,
            claims.exp > start
        else { return usualLife }
        return .seconds(min(claims.exp - start, 86_400))
    }
}
