// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    /// The promises of endpoints, kept on each product.
    @Suite struct ProductConformanceTests {
        @Test(arguments: ProductQuirks.all)
        func `every promise is kept on each product`(_ quirks: ProductQuirks) async throws {
            // Settings of a repository that the promises' own do not have: rules for tags, and that it is made beforehand.
            let quirks = quirks.with {
                $0.hasImmutableTags = false
                $0.createsRepositories = true
                $0.needsProjects = false
                $0.pulls = nil
            }
            try await withProductRegistry(quirks) { peer in
                let registry = RemoteRegistry(
                    host: try RegistryHost(peer.host),
                    scheme: .http,
                    limits: .patient,
                    product: quirks.product
                )
                // Writing finds by a mount what is there; the promises' names have more components than Docker Hub mounts from.
                let abilities = EndpointConformance.Abilities(
                    mounts: quirks.mounts != .never && quirks.mountNameDepth == nil,
                    listsCatalog: quirks.hasCatalog,
                    findsPresentBlobs: quirks.mounts != .never
                )
                let conformance = EndpointConformance(of: registry.endpoint(), abilities: abilities)
                for promise in EndpointConformance.promises {
                    do { try await conformance.check(promise) } catch { Issue.record("\(promise): \(error)") }
                }
                try await registry.shutdown()
            }
        }
    }
}
