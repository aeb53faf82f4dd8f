// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@Suite struct WorkloadTests {
    @Test func `many has exactly the numbers that the tool is measured with`() async throws {
        let endpoint = try await GeneratedEndpoint(try .many())
        let totals = endpoint.totals
        #expect(totals.tags == 1000)
        #expect(totals.manifests == 1400)
        #expect(totals.blobPairs == 2600)
        #expect(totals.distinctBlobs == 2551)
        #expect((58_900_000...59_100_000).contains(totals.bytes), "\(totals.bytes)")
        #expect(try await endpoint.catalog().all().count == 50)
        let source = endpoint.source(try RepositoryName("many/app-49"))
        let root = try await source.resolve(.tag(try TagName("v19")))
        #expect(root?.digest.description == "sha256:73d5a15994b1dbf54aef629984da017cf4c773bb902aab9ce0613d2567b020c9")
    }

    @Test func `medium and big have the numbers that the tool is measured with`() throws {
        func layers(_ workload: Workload) -> Set<TarGzip> {
            Set(workload.repositories.flatMap(\.tags).flatMap(\.root.images).flatMap(\.layers))
        }
        let medium = try Workload.medium()
        #expect(medium.repositories.count == 10)
        #expect(medium.repositories.allSatisfy { $0.tags.count == 5 })
        #expect(layers(medium).count == 112)
        let mediumBytes = layers(medium).reduce(0) { $0 + $1.size }
        #expect((962_500_000...963_500_000).contains(mediumBytes), "\(mediumBytes)")

        let big = try Workload.big()
        #expect(big.repositories.count == 4)
        #expect(layers(big).count == 16)
        let bigBytes = layers(big).reduce(0) { $0 + $1.size }
        #expect((2_147_000_000...2_148_000_000).contains(bigBytes), "\(bigBytes)")
    }

    @Test func `everything that a repository points to can be read and is what it is called`() async throws {
        let endpoint = try await GeneratedEndpoint(try .small())
        #expect(endpoint.totals.tags == 6)
        #expect(endpoint.totals.manifests == 10)
        #expect(endpoint.totals.blobPairs == 18)
        #expect(endpoint.totals.distinctBlobs == 17)
        let copy = MemoryEndpoint()
        for name in try await endpoint.catalog().all() {
            let source = endpoint.source(name)
            for entry in try await source.tags().all() {
                let root = try #require(try await source.document(at: .tag(entry.tag)))
                for child in root.manifest.children {
                    #expect(child.platform != nil)
                    let document = try #require(try await source.document(at: .digest(child.digest)))
                    for blob in document.manifest.blobs {
                        _ = try await copy[name].write(BlobContent(blob, from: source), heldBy: nil)
                    }
                    try await copy[name].write(document)
                }
                for blob in root.manifest.blobs {
                    _ = try await copy[name].write(BlobContent(blob, from: source), heldBy: nil)
                }
                // The memory refuses a manifest whose content is not there.
                try await copy[name].publish(root, as: entry.tag)
            }
        }
    }

    @Test func `a built image can be written to a repository`() async throws {
        let image = try await BuiltImage.random(seed: 4)
        let memory = MemoryEndpoint()
        let name = try RepositoryName("a/b")
        try await image.write(to: memory[name], as: .latest)
        #expect(try await memory[name].document(at: .tag(.latest)) == image.manifest)
        #expect(image.manifest.manifest.blobs.count == 3)
    }
}
