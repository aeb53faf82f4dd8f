// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// Docker Hub as a place to read from: the promises of endpoints, blobs that are cut, and a verification.
    @Suite struct HubSourceTests {
        @Test func `Docker Hub keeps the promises of reading`() async throws {
            let written = MemoryEndpoint()
            try await withHubScene(of: written) {
                $0.pullsLeft = nil
            } _: { scene in
                let registry = try scene.registry()
                let endpoint = registry.endpoint(as: .source)
                let conformance = EndpointConformance(
                    abilities: EndpointConformance.Abilities(mounts: false, listsCatalog: false),
                    makeSource: { endpoint },
                    makeSink: { written }
                )
                for promise in EndpointConformance.promises {
                    do { try await conformance.check(promise) } catch { Issue.record("\(promise): \(error)") }
                }
                try await registry.shutdown()
            }
        }

        @Test func `a blob that is cut goes on where it was cut, by a new address`() async throws {
            let source = MemoryEndpoint()
            let image = try await BuiltImage.random(seed: 77, layerSizes: [3 << 20])
            try await image.write(to: source[RepositoryName("acme/app")], as: .latest)
            try await withHubScene(of: source) {
                $0.blobCuts = 2
            } _: { scene in
                try await withHome { home in
                    let config = try home.configure(scene.entry())
                    let store = "layout:\(home.directory)/store//app"
                    let words = ["copy", "--config", config, "\(scene.hub.host)/acme/app", store]
                    let copy = try await home.start(words, input: "").wait()
                    #expect(copy.ending == .exited(0), "\(copy.errorText)")
                    #expect(scene.hub.pulls == 1)
                    // Each part by an address of its own, which the registry gives.
                    let layer = "/\(try #require(image.manifest.manifest.blobs.last).digest.hex)/"
                    let parts = scene.hub.transcript.filter { $0.role == .blobs && $0.path.contains(layer) }
                    #expect(parts.map(\.status) == [200, 206, 206])
                    #expect(Set(parts.map(\.uri)).count == 3)
                    let verify =
                        try await home.start(["verify"] + words.dropFirst() + ["--depth", "content"], input: "").wait()
                    #expect(verify.ending == .exited(0), "\(verify.errorText)\(verify.outputText)")
                    #expect(scene.hub.pulls == 1)
                }
            }
        }
    }
}
