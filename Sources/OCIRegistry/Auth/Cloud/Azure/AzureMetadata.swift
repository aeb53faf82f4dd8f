// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// The metadata server of a machine of Azure, which knows its managed identity.
struct AzureMetadata: Sendable {
    let context: CloudContext

    /// Asks for a token; `nil` where no such server is.
    func proof() async throws -> AzureIdentity.Proof? {
        let variable = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
        let base = context.variable(variable) ?? "http://169.254.169.254"
        let path = "metadata/identity/oauth2/token"
        guard var url = RequestURL(written: base.hasSuffix("/") ? "\(base)\(path)" : "\(base)/\(path)") else {
            throw context.error(.variable(variable, expected: "a URL such as http://169.254.169.254"))
        }
        url = url.appending("api-version", "2018-02-01")
            .appending("resource", "https://containerregistry.azure.net".formEncoded)
        // A machine can have several identities.
        if let client = context.variable("AZURE_CLIENT_ID") { url = url.appending("client_id", client.formEncoded) }
        let request = ShortExchange.Request(url: url, headers: [("Metadata", Secret("true"))])
        do {
            let answer: CloudToken = try await context.document(request, .metadata)
            guard let token = answer.token else {
                throw context.error(.answer("\(url.origin)", missing: "access_token"))
            }
            let origin = "the managed identity of this machine, from \(url.origin)"
            return AzureIdentity.Proof(token: token, tenant: context.variable("AZURE_TENANT_ID"), origin: origin)
        } catch let error as CloudCredentialError {
            switch error.reason {
            case .connection(_, .stalled), .connection(_, .closed): throw error
            case .connection: return nil
            default: throw error
            }
        }
    }
}
