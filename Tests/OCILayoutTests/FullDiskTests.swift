// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

/// Real file systems that are full or cannot be written to; needs the right to mount one.
@Suite(.serialized, .enabled("a file system can be mounted") { await Mounted.isPossible() })
struct FullDiskTests {
    private static let name = repository("team/app")

    @Test func `on a disk of any small size, what was confirmed stays, and nothing is half there`() async throws {
        var outOfSpace = 0
        for kilobytes in stride(from: 60, through: 300, by: 20) {
            try await Mounted.with(kilobytes: kilobytes) { folder in
                var published: [TagName: Digest] = [:]
                do {
                    try await withStore(in: folder) { store in
                        for seed in UInt64(1)...20 {
                            let image = try await BuiltImage.random(seed: seed)
                            let tag = tag("t\(seed)")
                            try await image.write(to: store.repository(Self.name), as: tag)
                            published[tag] = image.manifest.descriptor.digest
                        }
                    }
                } catch let error as StoreError {
                    #expect(error.isOutOfSpace, "\(error)")
                    outOfSpace += 1
                }
                try await Self.expect(published, in: folder, kilobytes)
            }
        }
        #expect(outOfSpace > 5)
    }

    private static func expect(
        _ published: [TagName: Digest],
        in folder: TemporaryFolder,
        _ kilobytes: Int
    ) async throws {
        guard !published.isEmpty else { return }
        // A full disk is read as any other.
        let store = try await LayoutStore.open(at: folder.path, for: .reading)
        for (tag, digest) in published {
            #expect(try await store.repository(name).resolve(.tag(tag))?.digest == digest, "\(kilobytes) KB")
        }
        let report = try await StoreCheck(of: store).run()
        #expect(report.isSound, "\(kilobytes) KB: \(report)")
        try await store.shutdown()
    }

    @Test func `a disk that can no longer be written to is read on, and written to when that is possible again`()
        async throws
    {
        try await Mounted.with(kilobytes: 2000) { folder in
            let image = try await BuiltImage.random(seed: 1)
            try await withStore(in: folder) { store in
                try await image.write(to: store.repository(Self.name), as: tag("first"))
            }
            try await Mounted.remount(folder, "ro")
            try await withStore(in: folder) { store in
                let target = store.repository(Self.name)
                #expect(try await target.manifest(at: .tag(tag("first"))) == image.manifest)
                #expect(try await target.size(ofBlob: image.blobs[0].descriptor.digest) != nil)
                for change in [
                    { try await target.put(image.manifest, as: [tag("second")]) },
                    { _ = try await target.remove(tag("first")) },
                    { _ = try await target.beginUpload() },
                ] as [() async throws -> Void] {
                    let error = await #expect(throws: StoreError.self) { try await change() }
                    #expect(error?.isReadOnly == true)
                }
                #expect(try await target.tags(after: nil, limit: 10) == [tag("first")])
                try await Mounted.remount(folder, "rw")
                try await target.put(image.manifest, as: [tag("third")])
                #expect(try await target.tags(after: nil, limit: 10) == [tag("first"), tag("third")])
            }
        }
    }
}

/// A file system in memory, as long as a test runs.
private enum Mounted {
    static func isPossible() async -> Bool {
        guard let folder = try? TemporaryFolder(), await mount(["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path])
        else { return false }
        return await unmount(folder)
    }

    static func with(kilobytes: Int, _ body: (TemporaryFolder) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try #require(await mount(["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path]))
        do { try await body(folder) } catch {
            _ = await unmount(folder)
            throw error
        }
        #expect(await unmount(folder))
    }

    static func remount(_ folder: TemporaryFolder, _ mode: String) async throws {
        try #require(await mount(["-o", "remount,\(mode)", folder.path]))
    }

    private static func mount(_ arguments: [String]) async -> Bool {
        (try? await ChildProcess.run("mount", arguments).succeeded) ?? false
    }

    private static func unmount(_ folder: TemporaryFolder) async -> Bool {
        // Detached, because a descriptor may be closed a moment later.
        (try? await ChildProcess.run("umount", ["-l", folder.path]).succeeded) ?? false
    }
}
