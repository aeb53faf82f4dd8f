// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// The metadata server of Google Cloud, which knows the account that a machine or a pod runs as.
struct GoogleMetadata: Sendable {
    let context: CloudContext

    /// Asks for a token; `nil` where no such server is, or no account.
    func credential() async throws -> Credential? {
        let variable = "GCE_METADATA_HOST"
        let host = context.variable(variable) ?? "metadata.google.internal"
        let path = "/computeMetadata/v1/instance/service-accounts/default/token"
        guard let url = RequestURL(written: "http://\(host)\(path)") else {
            throw context.error(.variable(variable, expected: "host or host:port"))
        }
        let request = ShortExchange.Request(url: url, headers: [("Metadata-Flavor", Secret("Google"))])
        do {
            let answer = try await context.answer(to: request, .metadata)
            // Whoever else answers under this name is no metadata server.
            guard answer.headers.first(name: "Metadata-Flavor") == "Google" else { return nil }
            guard let token = CloudContext.decoded(CloudToken.self, answer.body) else {
                throw context.error(.answer("\(url.origin)", missing: "access_token"))
            }
            return try token.googleCredential("the account of this machine, from \(url.origin)", by: url, context)
        } catch let error as CloudCredentialError {
            switch error.reason {
            // The server of a pod that has just started refuses for some seconds; without one, the name is not known.
            case .connection(_, .refused), .connection(_, .stalled), .connection(_, .closed): throw error
            case .connection, .refused(_, status: 404, _): return nil
            default: throw error
            }
        }
    }
}
