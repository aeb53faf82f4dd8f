// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct BlobSweepTests {
    private static let (a, b) = (repository("team/a"), repository("team/b"))
    /// Content is older than this at once.
    private static let noGrace: Int64 = -10

    private static func push(_ bytes: [UInt8], to repository: LayoutRepository) async throws -> Digest {
        let upload = try await repository.beginUpload()
        try await upload.append(ByteStream(ByteBuffer(bytes: bytes)))
        let digest = Digester.digest(of: bytes)
        try await upload.commit(as: digest)
        return digest
    }

    private static func has(_ digest: Digest, _ folder: TemporaryFolder) -> Bool {
        folder.exists("blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)")
    }

    @Test func `only what nothing reaches goes, and only when told to`() async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            let repository = store.repository(Self.a)
            try await image.write(to: repository, as: .latest)
            let signature = try artifact("application/x-signature", subject: image.manifest.descriptor)
            _ = try await Self.push(signature.config.bytes, to: repository)
            try await repository.put(signature.manifest)
            let garbage = try await Self.push(Array("garbage".utf8), to: repository)
            let shared = try await Self.push(Array("shared!".utf8), to: repository)
            _ = try await store.repository(Self.b).mount(shared, from: Self.a)
            let before = folder.files()
            let seen = try await BlobSweep(of: store, grace: Self.noGrace).run()
            #expect(folder.files() == before)
            let done = try await BlobSweep(of: store, grace: Self.noGrace, removes: true).run()
            // Nothing reaches it in either repository.
            #expect(done.blobs == 3)
            #expect(done.contents == 2)
            #expect(done.bytes == 14)
            #expect(done.repositories == 2)
            #expect(done.isRemoved && !seen.isRemoved)
            #expect((seen.blobs, seen.contents, seen.bytes) == (done.blobs, done.contents, done.bytes))
            #expect(!Self.has(garbage, folder))
            #expect(try await repository.size(ofBlob: garbage) == nil)
            #expect(try await StoreCheck(of: store).run().isSound)
            #expect(try await repository.referrers(of: image.manifest.descriptor.digest).count == 1)
            let again = try await BlobSweep(of: store, grace: Self.noGrace, removes: true).run()
            #expect((again.blobs, again.contents) == (0, 0))
        }
    }

    @Test func `what was used within the grace period stays`() async throws {
        try await withStore { store, folder in
            let garbage = try await Self.push(Array("garbage".utf8), to: store.repository(Self.a))
            let report = try await BlobSweep(of: store, grace: 3600, removes: true).run()
            #expect((report.blobs, report.contents) == (0, 0))
            #expect(Self.has(garbage, folder))
        }
    }

    @Test func `manifests without a tag go only when asked for, and their blobs with them`() async throws {
        try await withStore { store, folder in
            let (old, new) = (try await BuiltImage.random(seed: 1), try await BuiltImage.random(seed: 2))
            let repository = store.repository(Self.a)
            for image in [old, new] { try await image.write(to: repository, as: .latest) }
            #expect(try await BlobSweep(of: store, grace: Self.noGrace, removes: true).run().manifests == 0)
            #expect(try await repository.manifest(at: .digest(old.manifest.descriptor.digest)) != nil)
            let report = try await BlobSweep(
                of: store,
                grace: Self.noGrace,
                keepsUntagged: false,
                removes: true
            )
            .run()
            #expect(report.manifests == 1)
            #expect(report.blobs == old.blobs.count)
            #expect(report.contents == old.blobs.count + 1)
            #expect(try await repository.manifest(at: .digest(old.manifest.descriptor.digest)) == nil)
            #expect(!Self.has(old.manifest.descriptor.digest, folder))
            #expect(try await repository.manifest(at: .tag(.latest)) == new.manifest)
            #expect(try await StoreCheck(of: store).run().isSound)
        }
    }

    @Test func `content that one repository drops stays for the other`() async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            for name in [Self.a, Self.b] { try await image.write(to: store.repository(name), as: .latest) }
            _ = try await store.repository(Self.a).remove(manifest: image.manifest.descriptor.digest)
            let report = try await BlobSweep(of: store, grace: Self.noGrace, removes: true).run()
            #expect(report.blobs == image.blobs.count)
            #expect(report.contents == 0)
            #expect(try await StoreCheck(of: store).run().isSound)
            #expect(try await store.repository(Self.b).manifest(at: .tag(.latest)) == image.manifest)
        }
    }

    @Test func `a repository with a manifest that cannot be read is left alone`() async throws {
        try await withStore { store, folder in
            let image = try await BuiltImage.random(seed: 1)
            let repository = store.repository(Self.a)
            try await image.write(to: repository, as: .latest)
            _ = try await Self.push([1, 2, 3], to: repository)
            let digest = image.manifest.descriptor.digest
            let path = folder.below("repositories/team/a/_oci/blobs/sha256/\(digest.hex)")
            try FileManager.default.removeItem(atPath: path)
            let report = try await BlobSweep(of: store, grace: Self.noGrace, removes: true).run()
            #expect(report.skipped == [Self.a: digest])
            #expect(report.blobs == 0)
        }
    }

    @Test func `a sweep beside publishes never takes what they point to`() async throws {
        try await withStore { store, folder in
            try await withStore(in: folder) { other in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for seed in UInt64(0)..<30 {
                            let image = try await BuiltImage.random(seed: seed, layerSizes: [4096])
                            // Without any grace a blob may go before its manifest comes; then the client says so.
                            do {
                                try await image.write(to: store.repository(Self.a), as: tag("t\(seed)"))
                            } catch is StoreError {
                                continue
                            }
                        }
                    }
                    group.addTask {
                        for _ in 0..<30 { _ = try await BlobSweep(of: other, grace: Self.noGrace, removes: true).run() }
                    }
                    try await group.waitForAll()
                }
                let report = try await StoreCheck(of: store).run()
                #expect(report.isSound, "\(report)")
            }
        }
    }

    @Test func `a sweep that is stopped at any step leaves only garbage`() async throws {
        let (old, new) = (
            try await BuiltImage.random(seed: 1, layerSizes: [4096]),
            try await BuiltImage.random(seed: 2, layerSizes: [4096])
        )
        var stop = 1
        while true {
            let folder = try TemporaryFolder()
            try await withStore(in: folder) { store in
                for image in [old, new] { try await image.write(to: store.repository(Self.a), as: .latest) }
                _ = try await Self.push([1, 2, 3], to: store.repository(Self.a))
            }
            let disk = try FailingDisk(stopAt: stop)
            if let store = try? await LayoutStore.open(at: folder.path, observer: disk.observer) {
                let sweep = BlobSweep(of: store, grace: Self.noGrace, keepsUntagged: false, removes: true)
                _ = try? await sweep.run()
                try? await store.shutdown()
            }
            try disk.losePower()
            try await withStore(in: folder) { store in
                let report = try await StoreCheck(of: store).run()
                #expect(report.isSound, "stopped at step \(stop): \(report)")
                let found = try await store.repository(Self.a).manifest(at: .tag(.latest))
                #expect(found == new.manifest, "stopped at step \(stop)")
            }
            if !disk.isStopped { break }
            stop += 1
        }
        #expect(stop > 10)
    }
}
