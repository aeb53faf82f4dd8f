// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// A call of a service of AWS that speaks its JSON protocol, version 1.1.
struct AWSRequest: Sendable {
    static let contentType = "application/x-amz-json-1.1"

    let endpoint: AWSEndpoint
    /// The name of the call: `AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken`.
    let target: String
    /// The parameters, as JSON.
    let body: String

    /// Makes the call.
    /// - Throws: ``CloudCredentialError`` if the service refuses, or does not answer.
    func send<Document: Decodable>(
        by keys: AWSKeys,
        _ context: CloudContext,
        as _: Document.Type = Document.self
    ) async throws -> Document {
        try await context.document(signed(by: keys, time: context.now()))
    }

    /// The signed request.
    /// - Parameter time: The time of the signature, in seconds since 1970.
    func signed(by keys: AWSKeys, time: Int64) -> ShortExchange.Request {
        let type = Self.contentType
        let headers = [(name: "X-Amz-Target", value: Secret(target))]
        let signature = SignatureV4(keys: keys, region: endpoint.region, service: endpoint.service, time: time)
            .headers(
                for: .POST,
                endpoint.url,
                headers + [(name: "Content-Type", value: Secret(type))],
                body: Array(body.utf8)
            )
        return ShortExchange.Request(
            method: .POST,
            url: endpoint.url,
            headers: headers + signature,
            body: (type, Secret(body))
        )
    }
}
