// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

/// What a store holds after it was stopped between any two of its steps.
@Suite struct CrashTests {
    /// What was confirmed to somebody.
    struct Promised {
        var tags: [TagName: Digest] = [:]
        var manifests: Set<Digest> = []
        var blobs: Set<Digest> = []
    }

    /// Something that is asked of a store, with what it promises when it returns.
    struct Action {
        let body: (LayoutStore) async throws -> Void
        let promise: (inout Promised) -> Void
    }

    private static let name = repository("team/app")

    private static func actions() async throws -> [Action] {
        let images = [
            try await BuiltImage.random(seed: 1, layerSizes: [4096]),
            try await BuiltImage.random(seed: 2, layerSizes: [4096]),
        ]
        let signature = try artifact("application/x-signature", subject: images[0].manifest.descriptor)
        let unused = BuiltBlob([1, 2, 3])
        return images.flatMap { $0.blobs.map(writing) } + [
            putting(images[0].manifest, as: [tag("v1"), tag("latest")]),
            putting(images[1].manifest, as: [tag("latest")]),
            Action {
                try await $0.finish()
            } promise: { _ in
            },
            uploading(signature.config), putting(signature.manifest, as: []),
            mounting(images[0].blobs[1]),
            uploading(unused),
            Action {
                _ = try await $0.repository(name).remove(blob: unused.descriptor.digest)
            } promise: {
                $0.blobs.remove(unused.descriptor.digest)
            },
            Action {
                _ = try await $0.repository(name).remove(tag("v1"))
            } promise: {
                $0.tags[tag("v1")] = nil
            },
            Action {
                _ = try await $0.repository(name).remove(manifest: images[0].manifest.descriptor.digest)
            } promise: {
                $0.manifests.remove(images[0].manifest.descriptor.digest)
            },
            putting(images[0].manifest, as: [tag("v1")]),
        ]
    }

    private static func writing(_ blob: BuiltBlob) -> Action {
        Action { store in
            let held = MemoryEndpoint()
            held[name].add(blob.bytes)
            let content = BlobContent(blob.descriptor, from: held[name])
            _ = try await store.repository(name).write(content, heldBy: nil)
        } promise: {
            $0.blobs.insert(blob.descriptor.digest)
        }
    }

    private static func uploading(_ blob: BuiltBlob) -> Action {
        Action { store in
            let upload = try await store.repository(name).beginUpload(owner: "somebody")
            try await upload.append(ByteStream(.init(bytes: blob.bytes)))
            try await upload.commit(as: blob.descriptor.digest)
        } promise: {
            $0.blobs.insert(blob.descriptor.digest)
        }
    }

    private static func putting(_ manifest: ManifestDocument, as tags: [TagName]) -> Action {
        Action { store in
            try await store.repository(name).put(manifest, as: tags)
        } promise: { promised in
            promised.manifests.insert(manifest.descriptor.digest)
            for tag in tags { promised.tags[tag] = manifest.descriptor.digest }
        }
    }

    private static func mounting(_ blob: BuiltBlob) -> Action {
        Action { store in
            _ = try await store.repository(repository("other")).mount(blob.descriptor.digest, from: name)
        } promise: { _ in
        }
    }

    @Test(arguments: [false, true])
    func `at every step, what was confirmed is there, and no tag points at what is missing`(
        losesPower: Bool
    ) async throws {
        let actions = try await Self.actions()
        var stop = 1
        while true {
            let folder = try TemporaryFolder()
            let disk = try FailingDisk(stopAt: stop)
            let (before, after) = await Self.run(actions, in: folder, on: disk)
            if losesPower { try disk.losePower() }
            try await Self.check(folder, before: before, after: after, "stopped at step \(stop)")
            if !disk.isStopped { break }
            try await Self.finish(actions, in: folder)
            stop += 1
        }
        #expect(stop > 100)
    }

    /// Runs until the disk stops.
    /// - Returns: What was promised by then, and what would have been with one action more.
    private static func run(
        _ actions: [Action],
        in folder: TemporaryFolder,
        on disk: FailingDisk
    ) async -> (Promised, Promised) {
        var promised = Promised()
        var next = promised
        guard let store = try? await LayoutStore.open(at: folder.path, observer: disk.observer) else {
            return (promised, next)
        }
        for action in actions {
            action.promise(&next)
            do { try await action.body(store) } catch { break }
            promised = next
        }
        try? await store.shutdown()
        return (promised, next)
    }

    private static func check(
        _ folder: TemporaryFolder,
        before: Promised,
        after: Promised,
        _ place: String
    ) async throws {
        try await withStore(in: folder) { store in
            let repository = store.repository(name)
            for tag in Set(before.tags.keys).union(after.tags.keys) {
                let digest = try await repository.resolve(.tag(tag))?.digest
                #expect(digest == before.tags[tag] || digest == after.tags[tag], "\(tag), \(place)")
            }
            for digest in before.manifests.intersection(after.manifests) {
                #expect(try await repository.manifest(at: .digest(digest)) != nil, "\(digest), \(place)")
            }
            for digest in before.blobs.intersection(after.blobs) {
                #expect(try await repository.size(ofBlob: digest) != nil, "\(digest), \(place)")
            }
            try await checkClosures(of: repository, place)
        }
    }

    /// Whatever a tag points to is there, byte by byte.
    private static func checkClosures(of repository: LayoutRepository, _ place: String) async throws {
        for tag in try await repository.tags(after: nil, limit: 100) {
            let manifest = try #require(try await repository.manifest(at: .tag(tag)), "\(tag), \(place)")
            for blob in manifest.manifest.blobs {
                let stored = try #require(try await repository.blob(blob.digest), "\(blob.digest), \(place)")
                var digester = Digester(blob.digest.algorithm)
                for try await buffer in stored.read() { digester.update(buffer) }
                #expect(digester.digest() == blob.digest, "\(place)")
            }
        }
    }

    /// Everything can be done once more where it was broken off, and comes out as if nothing had happened.
    private static func finish(_ actions: [Action], in folder: TemporaryFolder) async throws {
        var promised = Promised()
        try await withStore(in: folder) { store in
            for action in actions {
                try await action.body(store)
                action.promise(&promised)
            }
        }
        try await check(folder, before: promised, after: promised, "made again")
    }
}
