// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct InspectTests {
        private let amd64 = Platform(os: "linux", architecture: "amd64")
        private let arm64 = Platform(os: "linux", architecture: "arm64", variant: "v8")

        @Test func `shows the tree of an index in a registry, and reads manifests only`() async throws {
            try await withDockerRegistry { registry in
                let first = try await BuiltImage.random(seed: 1, platform: amd64)
                let second = try await BuiltImage.random(seed: 2, platform: arm64)
                let index = try ImageBuilder.index([(first.manifest, amd64), (second.manifest, arm64)])
                let name = try RepositoryName("team/app")
                try await withEndpoint(of: registry) { endpoint in
                    try await first.write(to: endpoint[name])
                    try await second.write(to: endpoint[name])
                    try await endpoint[name].publish(index, as: try TagName("1"))
                }
                try await withCountingProxy(port: registry.port) { proxy in
                    let text = try await Program.run("inspect", "\(proxy.host)/team/app:1")
                    #expect(text.ending == .exited(0), "\(text.errorText)")
                    for part in [
                        "\(proxy.host)/team/app:1", "├─ linux/amd64", "└─ linux/arm64/v8",
                        index.descriptor.digest.short, first.blobs[2].descriptor.digest.short, "manifests  3",
                        "platforms  linux/amd64, linux/arm64/v8",
                    ] {
                        #expect(text.outputText.contains(part), "\(part): \(text.outputText)")
                    }
                    #expect(!text.outputText.contains("\u{1B}"))
                    #expect(proxy.tally.total == 3)
                }
                let digest = index.descriptor.digest
                let json = try await Program.run("inspect", "--format", "json", "\(registry.host)/team/app@\(digest)")
                #expect(json.ending == .exited(0), "\(json.errorText)")
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any]
                )
                let root = try #require(object["root"] as? [String: Any])
                #expect(root["digest"] as? String == digest.description)
                let layers = first.blobs[1...].map(\.descriptor.digest.description)
                let manifests = try #require(root["manifests"] as? [[String: Any]])
                #expect((manifests[0]["layers"] as? [[String: Any]])?.map { $0["digest"] as? String } == layers)
            }
        }

        @Test func `an image that is not there is a failure, a registry that is not there another`() async throws {
            try await withDockerRegistry { registry in
                let missing = try await Program.run("inspect", "\(registry.host)/no/such")
                #expect(missing.ending == .exited(1))
                #expect(missing.errorText.contains("there is no image"), "\(missing.errorText)")
                #expect(missing.errorText.contains("\(registry.host)/no/such:latest"), "\(missing.errorText)")
                #expect(missing.outputText == "")
            }
            let unreachable = try await Program.run("inspect", "127.0.0.1:1/a:1")
            #expect(unreachable.ending == .exited(69))
            #expect(unreachable.errorText.contains("127.0.0.1:1"), "\(unreachable.errorText)")
        }
    }
}
