// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Signs calls of the API of Elastic Container Registry, with keys that are looked for once as long as they live.
struct ECRCalls: Sendable {
    let endpoint: AWSEndpoint
    private let context: CloudContext
    private let keeper: AWSKeyKeeper

    init(_ endpoint: AWSEndpoint, _ context: CloudContext, _ keeper: AWSKeyKeeper) {
        self.endpoint = endpoint
        self.context = context
        self.keeper = keeper
    }

    /// The header fields of a call.
    /// - Throws: ``CloudCredentialError``, ``SmallFileError``.
    func headers(for operation: String, _ body: String) async throws -> [(name: String, value: Secret)] {
        let keys = try await keeper.keys(region: endpoint.region, context)
        let target = "AmazonEC2ContainerRegistry_V20150921.\(operation)"
        let request = AWSRequest(endpoint: endpoint, target: target, body: body).signed(by: keys, time: context.now())
        return request.headers + [(name: "Content-Type", value: Secret(AWSRequest.contentType))]
    }
}
