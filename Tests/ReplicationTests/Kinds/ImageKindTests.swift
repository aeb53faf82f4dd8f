// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCILayout
import OCITestKit
import Replication
import Testing

/// Images of every kind, and of every way to write them, between memory and a store on disk.
@Suite struct ImageKindTests {
    typealias Fixture = (tag: TagName, image: ImageFixture)

    /// Copies images from memory to a store, back to memory, and to memory once more; after each copy, all is as it was, and
    /// another copy does nothing.
    private func goAround(_ fixtures: [Fixture]) async throws {
        let name = try RepositoryName("kinds")
        let origin = MemoryEndpoint(name: "from.lan")
        for fixture in fixtures { try await fixture.image.write(to: origin[name], as: fixture.tag) }
        try await withStore { store in
            let back = MemoryEndpoint(name: "to.lan")
            for (from, to) in [
                (origin as any SourceEndpoint, store as any SinkEndpoint), (store, back), (back, MemoryEndpoint()),
            ] {
                let log = try await run(try copyJob(from, to))
                #expect(log.failures.isEmpty, "\(log.failures)")
                #expect(log.published.count == fixtures.count)
                try await expect(fixtures, in: to.sink(name))
                try await verify(from, try #require(to as? any SourceEndpoint & SinkEndpoint), fixtures.count)
                let again = try await run(try copyJob(from, to))
                #expect(again.planned.isEmpty && again.equal.count == fixtures.count)
            }
        }
    }

    private func expect(_ fixtures: [Fixture], in repository: any ContentSink) async throws {
        for (tag, image) in fixtures {
            #expect(try await repository.document(at: .tag(tag)) == image.root, "\(tag)")
            for manifest in image.manifests {
                #expect(try await repository.document(at: .digest(manifest.descriptor.digest)) == manifest, "\(tag)")
            }
        }
    }

    /// Reads every byte at the destination.
    private func verify(
        _ source: any SourceEndpoint,
        _ destination: any SourceEndpoint & SinkEndpoint,
        _ count: Int
    ) async throws {
        let log = VerifyLog()
        let job = try copyJob(source, destination)
        try await Verifier(job: job, reading: destination, depth: .content(.all), events: log.take).run()
        #expect(log.findings.isEmpty && log.failures.isEmpty, "\(log.findings) \(log.failures)")
        #expect(log.sound.count == count)
    }

    @Test func `images of every kind go through memory and a store as they are`() async throws {
        var fixtures: [Fixture] = []
        for kind in ImageKind.allCases { fixtures.append((tag: kind.tag, image: try await kind.build())) }
        try await goAround(fixtures)
    }

    @Test func `a manifest is copied byte by byte, however its text is written`() async throws {
        var fixtures: [Fixture] = []
        for seed in UInt64(0)..<48 {
            fixtures.append((tag: try TagName("seed-\(seed)"), image: try await .oddText(seed: seed)))
        }
        #expect(Set(fixtures.map(\.image.root.descriptor.digest)).count == fixtures.count)
        try await goAround(fixtures)
    }

    @Test func `an odd text says what the plain one says`() async throws {
        let image = try await BuiltImage.random(seed: 1, layerSizes: [3000])
        for seed in UInt64(0)..<500 {
            var odd = OddJSON(seed: seed)
            let document = try ImageBuilder.document(try odd.rewritten(image.manifest.bytes))
            #expect(document.manifest == image.manifest.manifest, "seed \(seed)")
            #expect(document.descriptor.mediaType == image.manifest.descriptor.mediaType, "seed \(seed)")
            #expect(document.bytes != image.manifest.bytes, "seed \(seed)")
        }
    }
}

/// Lends a store in a folder of its own.
private func withStore(_ body: (LayoutStore) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "kinds-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try await LayoutStore.open(at: path)
    do { try await body(store) } catch {
        try? await store.shutdown()
        throw error
    }
    try await store.shutdown()
}
