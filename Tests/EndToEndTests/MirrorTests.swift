// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

extension EndToEnd {
    /// Copies from a registry that has mirrors.
    @Suite(.serialized)
    struct MirrorTests {
        /// A double of Docker Hub with one image, and a registry to copy to.
        private struct Scene {
            let hub: HubDouble
            let destination: DockerRegistry
            let image: BuiltImage

            var source: String { "\(hub.host)/library/nginx:1" }

            /// Copies the image, as somebody who remembers nothing.
            /// - Parameter settings: What the config file says of the double.
            func copy(_ settings: String, to name: String) async throws -> ChildProcess.Result {
                try await withHome { home in
                    let config = try home.configure("\"\(hub.host)\": {\(settings)}")
                    return try await home.run("copy", "--config", config, source, "\(destination.host)/\(name)")
                }
            }

            func expectThere(_ name: String) async throws {
                #expect(try await digest(of: name, in: destination.host) == image.digest)
            }
        }

        private func withScene(_ body: (Scene) async throws -> Void) async throws {
            let image = try await BuiltImage.random(seed: 7)
            let content = try await MemoryEndpoint.holding(["library/nginx:1": image])
            try await withHubDouble(of: content) { hub in
                try await withDockerRegistry { destination in
                    try await body(Scene(hub: hub, destination: destination, image: image))
                }
            }
        }

        @Test func `a second copy through a cache costs the registry no pull and no blob`() async throws {
            try await withScene { scene in
                try await withDockerRegistry(upstream: scene.hub.host) { cache in
                    let settings = "mirrors: [\"\(cache.host)\"]"
                    let first = try await scene.copy(settings, to: "a:1")
                    #expect(first.ending == .exited(0), "\(first.errorText)")
                    try await scene.expectThere("a:1")
                    // By the answer's head, hosts are counted each for itself.
                    #expect(first.outputText.contains(cache.host), "\(first.outputText)")
                    let (pulls, requests) = (scene.hub.pulls, scene.hub.transcript.count)
                    #expect(pulls == 1)
                    let second = try await scene.copy(settings, to: "b:1")
                    #expect(second.ending == .exited(0), "\(second.errorText)")
                    #expect(!second.errorText.contains("mirror "), "\(second.errorText)")
                    try await scene.expectThere("b:1")
                    #expect(scene.hub.pulls == pulls)
                    let later = scene.hub.transcript.dropFirst(requests).filter { $0.role != .auth }
                    #expect(later.contains { $0.method == "HEAD" && $0.status == 200 })
                    let fetched = later.filter { exchange in
                        exchange.role == .blobs
                            || exchange.method == "GET"
                                && ["/manifests/", "/blobs/"].contains { exchange.path.contains($0) }
                    }
                    #expect(fetched == [])
                }
            }
        }

        @Test func `a mirror that is dead is passed over, which is said`() async throws {
            try await withScene { scene in
                try await withDockerRegistry { cache in
                    await cache.kill()
                    let result = try await scene.copy("mirrors: [\"\(cache.host)\"]", to: "a:1")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    try await scene.expectThere("a:1")
                    let warnings = result.errorText.split(separator: "\n")
                        .filter { $0.contains("the mirror \(cache.host)") }
                    #expect((1...2).contains(warnings.count), "\(result.errorText)")
                    #expect(result.errorText.contains("the connection was refused"))
                }
            }
        }

        @Test func `a path of a mirror stands in front of the names`() async throws {
            try await withScene { scene in
                try await withDockerRegistry { other in
                    try await put(scene.image, "proxy/hub/library/nginx:9", into: other.host)
                    let result = try await scene.copy("mirrors: [\"\(other.host)/proxy/hub\"]", to: "a:1")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    try await scene.expectThere("a:1")
                    #expect(scene.hub.pulls == 0)
                    #expect(scene.hub.transcript.allSatisfy { $0.role != .blobs })
                }
            }
        }

        @Test func `with only mirrors, the registry itself is not there for anybody`() async throws {
            try await withScene { scene in
                try await withDockerRegistry { other in
                    try await put(scene.image, "library/nginx:1", into: other.host)
                    let settings = "mirrors: [\"\(other.host)\"], only-mirrors: true"
                    let result = try await scene.copy(settings, to: "a:1")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    try await scene.expectThere("a:1")
                    #expect(scene.hub.transcript.isEmpty)
                    await other.kill()
                    let dead = try await scene.copy(settings, to: "b:1")
                    #expect(dead.ending == .exited(69), "\(dead.outputText)")
                    #expect(dead.errorText.contains("the connection was refused"), "\(dead.errorText)")
                    #expect(scene.hub.transcript.isEmpty)
                }
            }
        }

        @Test func `what is copied to is not read from, unless there is nothing else`() async throws {
            try await withScene { scene in
                let mirror = "mirrors: [\"\(scene.destination.host)/hub\"]"
                let first = try await scene.copy(mirror, to: "hub/library/nginx:1")
                #expect(first.ending == .exited(0), "\(first.errorText)")
                #expect(scene.hub.pulls == 1)
                let second = try await scene.copy("\(mirror), only-mirrors: true", to: "copy:1")
                #expect(second.ending == .exited(0), "\(second.errorText)")
                #expect(scene.hub.pulls == 1)
                try await scene.expectThere("copy:1")
            }
        }
    }
}
