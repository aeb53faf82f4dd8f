// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
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

    @Test(arguments: [true, false])
    func `a blob that is sent again takes the place of damaged bytes, in each repository`(_ isUpload: Bool) async throws
    {
        try await Self.withDamage { store, _, image, digest in
            let sent = try #require(image.blobs.first { $0.descriptor.digest == digest })
            let held = MemoryEndpoint()
            held[Self.a].add(sent.bytes)
            for name in [Self.a, Self.b] {
                let repository = store.repository(name)
                if isUpload {
                    let upload = try await repository.beginUpload()
                    try await upload.append(ByteStream(ByteBuffer(bytes: sent.bytes)))
                    try await upload.commit(as: digest)
                } else {
                    var content = BlobContent(sent.descriptor, from: held[Self.a])
                    content.replaces = true
                    #expect(try await repository.write(content, heldBy: Self.b) == .copied)
                }
                let read = try await BlobContent(sent.descriptor, from: repository).open().stream.collect()
                #expect(read == sent.bytes)
            }
            #expect(try await StoreCheck(of: store).run().isSound)
        }
    }

    @Test func `a blob that was cut is not there, and one that is sent again takes its place`() async throws {
        try await Self.withDamage { store, folder, image, digest in
            let path = folder.below("blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)")
            try #require(FileHandle(forUpdatingAtPath: path)).truncate(atOffset: 10)
            let blob = try #require(image.blobs.first { $0.descriptor.digest == digest })
            for name in [Self.a, Self.b] {
                #expect(try await !store.repository(name).contains(blob.descriptor))
                try await image.write(to: store.repository(name), as: .latest)
            }
            #expect(try await StoreCheck(of: store).run().isSound)
        }
    }

    @Test func `a manifest that is put again takes the place of damaged bytes, in each repository`() async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            for name in [Self.a, Self.b] { try await image.write(to: store.repository(name), as: .latest) }
            let digest = image.manifest.descriptor.digest
            let path = folder.below("blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)")
            chmod(path, 0o644)
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            try file.write(contentsOf: Data("[".utf8))
            try file.close()
            for name in [Self.a, Self.b] {
                await #expect(throws: ContentError.self) {
                    try await store.repository(name).manifest(at: .tag(.latest))
                }
                try await store.repository(name).put(image.manifest, as: [.latest])
                #expect(try await store.repository(name).manifest(at: .tag(.latest)) == image.manifest)
            }
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
