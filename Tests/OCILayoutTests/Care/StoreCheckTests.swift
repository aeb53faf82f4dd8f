// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct StoreCheckTests {
    private static let (a, b) = (repository("team/a"), repository("team/b"))

    /// Two repositories with one image, of which a byte of a layer is flipped on the disk.
    private static func withDamage(
        _ body: (LayoutStore, TemporaryFolder, BuiltImage, _ damaged: Digest) async throws -> Void
    ) async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            let other = try await BuiltImage.random(seed: 2)
            for name in [a, b] { try await image.write(to: store.repository(name), as: .latest) }
            try await other.write(to: store.repository(b), as: tag("other"))
            let digest = image.blobs[1].descriptor.digest
            let path = folder.below("blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)")
            chmod(path, 0o644)
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            try file.seek(toOffset: 100)
            let byte = try #require(try file.read(upToCount: 1)?.first)
            try file.seek(toOffset: 100)
            try file.write(contentsOf: Data([byte ^ 1]))
            try file.close()
            try await body(store, folder, image, digest)
        }
    }

    @Test func `a sound store is found sound, each file read once`() async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            for name in [Self.a, Self.b] { try await image.write(to: store.repository(name), as: .latest) }
            let report = try await StoreCheck(of: store).run()
            #expect(report.isSound)
            #expect(report.files == image.blobs.count + 1)
            #expect(report.tags == 2)
        }
    }

    @Test func `a flipped byte is found, with the tags that it breaks; nothing is changed`() async throws {
        try await Self.withDamage { store, folder, _, digest in
            let before = folder.files()
            let report = try await StoreCheck(of: store).run()
            #expect(report.damaged.map(\.repository) == [nil, Self.a, Self.b])
            #expect(report.damaged.allSatisfy { $0.digest == digest })
            #expect(report.broken.map(\.repository) == [Self.a, Self.b])
            #expect(report.broken.allSatisfy { $0.tag == .latest && $0.digest == digest })
            #expect(folder.files() == before)
        }
    }

    @Test func `a damaged file goes to the quarantine with all of its links, and can be pushed again`() async throws {
        try await Self.withDamage { store, folder, image, digest in
            _ = try await StoreCheck(of: store, quarantines: true).run()
            #expect(folder.files("quarantine").count == 1)
            for name in [Self.a, Self.b] {
                #expect(try await store.repository(name).size(ofBlob: digest) == nil)
                #expect(try await store.repository(name).manifest(at: .tag(.latest)) != nil)
            }
            let report = try await StoreCheck(of: store).run()
            #expect(report.damagedCount == 0)
            #expect(report.brokenCount == 2)
            for name in [Self.a, Self.b] { try await image.write(to: store.repository(name), as: .latest) }
            #expect(try await StoreCheck(of: store).run().isSound)
        }
    }

    @Test func `a file that is missing breaks the tags that need it`() async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            try await image.write(to: store.repository(Self.a))
            let index = try ImageBuilder.index([(manifest: image.manifest, platform: image.platform)])
            try await store.repository(Self.a).put(index, as: [.latest])
            let layer = image.blobs[2].descriptor.digest
            try FileManager.default.removeItem(
                atPath: folder.below("repositories/team/a/_oci/blobs/sha256/\(layer.hex)")
            )
            let report = try await StoreCheck(of: store).run()
            #expect(report.broken == [.init(repository: Self.a, tag: .latest, digest: layer)])
            #expect(report.damagedCount == 0)
        }
    }

    @Test func `a repository whose index cannot be read is named, and the others are checked`() async throws {
        try await Self.withDamage { store, folder, _, _ in
            try await store.finish()
            try folder.write([1], to: "repositories/team/a/_oci/index.json")
            let report = try await StoreCheck(of: store).run()
            #expect(report.unreadable.keys.map(\.text) == ["team/a"])
            #expect(report.broken.map(\.repository) == [Self.b])
        }
    }

    @Test func `what sharing spares is counted`() async throws {
        try await withStore { store, _ in
            let image = try await BuiltImage.random(seed: 1)
            for name in [Self.a, Self.b] { try await image.write(to: store.repository(name), as: .latest) }
            _ = try await store.repository(repository("only/upload")).beginUpload()
            let stats = try await StoreStats(of: store)
            let size = image.blobs.reduce(image.manifest.descriptor.size) { $0 + $1.descriptor.size }
            #expect((stats.repositories, stats.tags, stats.manifests) == (2, 2, 2))
            #expect(stats.blobs == 2 * image.blobs.count)
            #expect(stats.bytesOnDisk == size)
            #expect(stats.bytesWithoutSharing == 2 * size)
            #expect((stats.uploads, stats.uploadBytes) == (1, 0))
        }
    }
}
