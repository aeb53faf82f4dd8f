// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI

/// Calls of the API that Elastic Container Registry has beside the registry's (Amazon ECR API Reference).
///
/// They are signed with the keys that also buy the registry's password, and paced as requests to any host are.
struct ECRService: Sendable {
    let api: RegistryAPI
    private let calls: ECRCalls
    /// The account whose registry it is; `nil` for that of the keys.
    private let account: String?

    /// - Returns: `nil` where the API of the registry is not known.
    init?(_ endpoint: RemoteEndpoint) {
        let (host, access) = (endpoint.registry.host, endpoint.registry.access)
        guard let calls = access.clouds?.ecrCalls(for: host, api: access.api) else { return nil }
        self.calls = calls
        var api = endpoint.api(Authenticator.Access(repository: nil, scopes: []))
        api.service = endpoint.registry.service(at: calls.endpoint.url.origin)
        self.api = api
        account = ECRHost(host) == nil ? nil : String(host.name.prefix { $0 != "." })
    }

    /// Calls the API.
    /// - Parameters:
    ///   - operation: The name of the call: `DescribeImages`.
    ///   - parameters: What it is called with, but for the account.
    /// - Throws: ``RegistryError``, with 404 for a repository that is not there.
    func call<Answer: Decodable>(
        _ operation: String,
        _ parameters: [String: JSONParameter],
        during action: RegistryError.Action,
        subject: String,
        as _: Answer.Type = Answer.self
    ) async throws -> Answer {
        var parameters = parameters
        parameters["registryId"] = account.map { .text($0) }
        let body = JSONParameter.object(parameters).text
        let headers: [(name: String, value: Secret)]
        do { headers = try await calls.headers(for: operation, body) } catch {
            try Task.checkCancellation()
            throw api.error(.credential(error), during: action, subject: subject)
        }
        var request = api.request(.POST, calls.endpoint.url.path)
        request.headers = headers.map { ($0.name, $0.value.exposed) }
        request.body = .bytes(ByteBuffer(string: body))
        request.identification = .fixed(nil)
        request.kind = operation.hasPrefix("Describe") ? .listing : .other
        let reply = try await api.send(request, during: action, subject: subject)
        guard reply.status == 200 else { throw try await refusal(reply, during: action, subject: subject) }
        return try await api.decoded(Answer.self, reply, during: action, subject: subject)
    }

    /// What a refusal says, as registries say it.
    private func refusal(_ reply: Reply, during action: RegistryError.Action, subject: String) async throws
        -> RegistryError
    {
        let (error, text) = try await api.refusal(of: reply, during: action, subject: subject)
        guard let code = CloudRefusal.code(in: Array(text.utf8)) else { return error }
        let status =
            switch code {
            case "RepositoryNotFoundException": 404
            case "ThrottlingException", "TooManyRequestsException": 429
            case "AccessDeniedException": 403
            default: reply.status
            }
        return api.error(
            .status(status, [SpecError(code: code, message: "")]),
            during: action,
            subject: subject,
            retryAfter: error.retryAfter
        )
    }
}
