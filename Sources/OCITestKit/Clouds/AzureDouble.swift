// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What Azure is to somebody who looks for a credential: the authority, the metadata of a machine, and a registry with its
/// exchange and its tokens.
///
/// The answers have the form of the public documents: "OAuth 2.0 client credentials flow" (Microsoft identity platform),
/// "How to use managed identities on a virtual machine" (Microsoft Entra ID) and "Azure Container Registry
/// authentication" (AAD-OAuth.md of the project Azure/acr).
public struct AzureBehaviour: Sendable {
    /// The token of the authority.
    public var proof = "double-entra-token"
    /// The token of the exchange.
    public var refreshToken = "double-refresh-token"
    /// The token that the registry takes.
    public var accessToken = "double-access-token"
    /// The word with which the authority refuses; `nil` for not at all.
    public var refusal: String?
    /// Whether the machine has an identity.
    public var hasIdentity: Bool

    /// An Azure that gives what it is asked for.
    public init(hasIdentity: Bool = true) { self.hasIdentity = hasIdentity }

    @Sendable func answer(_ request: PeerRequest) -> PeerReply {
        switch (request.method, request.path) {
        case ("POST", let path) where path.hasSuffix("/oauth2/v2.0/token"):
            if let refusal { return .text(401, #"{"error":"\#(refusal)","error_description":"no"}"#) }
            return .text(200, #"{"token_type":"Bearer","expires_in":3599,"access_token":"\#(proof)"}"#)
        case ("GET", "/metadata/identity/oauth2/token"):
            guard request.header("metadata") == "true", hasIdentity else {
                return .text(400, #"{"error":"invalid_request","error_description":"Identity not found"}"#)
            }
            // The numbers are texts.
            return .text(200, #"{"access_token":"\#(proof)","expires_in":"3599","token_type":"Bearer"}"#)
        case ("POST", "/oauth2/exchange"):
            guard request.form("access_token") == proof, request.form("grant_type") == "access_token" else {
                return .error(401, "UNAUTHORIZED")
            }
            return .text(200, #"{"refresh_token":"\#(refreshToken)"}"#)
        case ("POST", "/oauth2/token"):
            guard request.form("refresh_token") == refreshToken, request.form("grant_type") == "refresh_token" else {
                return .error(401, "UNAUTHORIZED")
            }
            return .text(200, #"{"access_token":"\#(accessToken)"}"#)
        case (_, let path) where path.hasPrefix("/v2/"): return registry(request)
        default: return PeerReply(404)
        }
    }

    /// A registry that has nothing, and says so only to who shows its token.
    private func registry(_ request: PeerRequest) -> PeerReply {
        let host = request.header("host") ?? ""
        guard request.header("authorization") == "Bearer \(accessToken)" else {
            let challenge = #"Bearer realm="http://\#(host)/oauth2/token",service="\#(host)""#
            return .error(401, "UNAUTHORIZED", headers: [("WWW-Authenticate", challenge)])
        }
        return request.path == "/v2/" ? .text(200, "{}") : .error(404, "NAME_UNKNOWN")
    }
}

/// Runs a double of Azure for as long as `body` runs.
public func withAzureDouble<Value: Sendable>(
    _ behaviour: AzureBehaviour = AzureBehaviour(),
    _ body: (CloudDouble<AzureBehaviour>) async throws -> Value
) async throws -> Value {
    try await CloudDouble.run(behaviour, { $1.answer($0) }, body)
}
