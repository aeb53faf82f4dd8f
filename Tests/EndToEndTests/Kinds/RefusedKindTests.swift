// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// What cannot be copied is refused by name, before a byte of it is, and other images are copied.
    @Suite(.serialized)
    struct RefusedKindTests {
        private let one = "team/app"

        /// Lends a store with images, as an address.
        private func withStore(
            _ images: [(tag: String, image: ImageFixture)],
            _ body: (_ address: String, _ home: Home) async throws -> Void
        ) async throws {
            try await withHome { home in
                let place = KindPlace(kind: .layout, place: "\(home.directory)/store", name: one)
                try await place.write(images.map { (tag: try TagName($0.tag), image: $0.image) })
                try await body(place.address, home)
            }
        }

        @Test(.disabled(if: DockerRegistry.isReplaced))
        func `manifests by SHA-512 are refused for docker-registry before a byte is copied`() async throws {
            let child = try await ImageKind.sha512Child.build()
            let root = try child.renamedRoot()
            let layer = try await ImageKind.sha512Layer.build()
            try await withStore([("child", child), ("root", root), ("layer", layer)]) { source, home in
                try await withDockerRegistry { registry in
                    try await withCountingProxy(port: registry.port) { front in
                        let result = try await home.run("copy", "--all-tags", source, "\(front.host)/\(one)")
                        #expect(result.ending == .exited(1))
                        let counts = "done: 1 published, 0 equal, 2 failed"
                        #expect(result.outputText.contains(counts), "\(result.outputText)")
                        let refusal = "sha512 digests of manifests are not held by \(front.host)"
                        for tag in ["child", "root"] {
                            #expect(result.errorText.contains("\(one):\(tag): \(refusal)"), "\(result.errorText)")
                        }
                        #expect(result.errorText.contains("hint: a folder (layout:DIR"), "\(result.errorText)")
                        // Blobs by SHA-512 are held.
                        #expect(Set(front.tally.uploads.map(\.digest)) == Set(layer.blobs.map(\.descriptor.digest)))
                    }
                }
            }
        }

        @Test(arguments: KindPlace.Kind.allCases.filter { $0 != .docker })
        func `a tag of a manifest by SHA-512 keeps its digest where that is held`(_ kind: KindPlace.Kind) async throws {
            let image = try await ImageKind.sha512Child.build().renamedRoot()
            try await withStore([("1", image)]) { source, home in
                try await withKindPlaces(1) { places, _ in
                    let destination = try #require(places[0].first { $0.kind == kind })
                    for expected in ["done: 1 published", "done: 0 published, 1 equal"] {
                        let copy = try await home.run("copy", "--all-tags", source, destination.address)
                        #expect(copy.ending == .exited(0), "\(copy.outputText)\(copy.errorText)")
                        #expect(copy.outputText.contains(expected), "\(copy.outputText)")
                    }
                    try await destination.expect([(tag: try TagName("1"), image: image)], "\(kind)")
                }
            }
        }

        @Test func `indexes that stand in each other too deep are refused, and another image is copied`() async throws {
            let deep = try await ImageKind.singleChildIndex.build().nested(8)
            let sound = try await ImageKind.nestedIndex.build()
            try await withStore([("deep", deep), ("sound", sound)]) { source, home in
                let destination = "layout:\(home.directory)/copy//\(one)"
                let result = try await home.run("copy", "--all-tags", source, destination)
                #expect(result.ending == .exited(1))
                #expect(result.outputText.contains("done: 1 published, 0 equal, 1 failed"), "\(result.outputText)")
                let refusal = "\(one):deep: its indexes stand in each other more than 8 deep"
                #expect(result.errorText.contains(refusal), "\(result.errorText)")
            }
        }

        @Test func `Docker's schema 1 is refused by name, with what to do`() async throws {
            try await withScriptedPeer { _ in
                .text(
                    200,
                    #"{"schemaVersion":1,"name":"team/app","tag":"old","fsLayers":[],"history":[],"signatures":[]}"#,
                    contentType: "application/vnd.docker.distribution.manifest.v1+prettyjws"
                )
            } _: { peer in
                try await withHome { home in
                    let destination = "layout:\(home.directory)/copy//\(one):old"
                    let arguments = ["copy", "--referrers", "none", "\(peer.host)/\(one):old", destination]
                    let result = try await home.start(arguments).wait()
                    #expect(result.ending == .exited(1))
                    #expect(result.errorText.contains("Docker's schema 1 format"), "\(result.errorText)")
                    #expect(result.errorText.contains("hint: have the image pushed again"), "\(result.errorText)")
                }
            }
        }
    }
}
