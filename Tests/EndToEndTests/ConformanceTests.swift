// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// The promises of endpoints, kept by the registry client on a real registry.
    @Suite(.serialized)
    struct ConformanceTests {
        @Test func `a registry keeps all promises, plain and with the wrappers that try again`() async throws {
            try await withDockerRegistry { registry in
                try await withEndpoint(of: registry) { endpoint in
                    try await expectAll(of: endpoint)
                    try await expectAll(of: RetryingEndpoint(endpoint, policy: RetryPolicy(attempts: 2)))
                }
            }
        }

        private func expectAll<Place: SourceEndpoint & SinkEndpoint>(of place: Place) async throws {
            let conformance = EndpointConformance(of: place)
            #expect(EndpointConformance.promises.count > 20)
            for promise in EndpointConformance.promises {
                do { try await conformance.check(promise) } catch { Issue.record("\(promise): \(error)") }
            }
        }
    }
}
