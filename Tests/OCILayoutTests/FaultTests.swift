// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

@testable import OCILayout

/// Disks that fail, and files that somebody has tampered with.
@Suite struct FaultTests {
    private static let name = repository("team/app")
    private static let record = "repositories/team/app/_mirror/record"

    private static func withImage(
        _ body: (LayoutStore, StepCount, TemporaryFolder, BuiltImage) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let count = StepCount()
        try await withStore(in: folder, observer: count.observer) { store in
            let image = try await BuiltImage.random(seed: 1)
            try await image.write(to: store.repository(name), as: tag("first"))
            try await body(store, count, folder, image)
        }
    }

    private static func tags(_ store: LayoutStore) async throws -> [TagName] {
        try await store.repository(name).tags(after: nil, limit: 100)
    }

    /// The tags as another process sees them.
    private static func tags(in folder: TemporaryFolder) async throws -> [TagName] {
        try await withStore(in: folder) { try await tags($0) }
    }

    @Test func `a record that cannot be saved is given up, not saved again`() async throws {
        try await Self.withImage { store, count, folder, image in
            let lost = try Folder.open(at: folder.below("repositories/team/app/_mirror"), observer: nil)?
                .status("record")?
                .inode
            count.forget()
            count.fail { step in
                if case .sync(let path) = step, path.hasSuffix("/record") {
                    throw StoreError.system(.sync, path: path, errno: EIO)
                }
            }
            await #expect(throws: StoreError.self) {
                try await store.repository(Self.name).put(image.manifest, as: [tag("second")])
            }
            count.fail(nil)
            #expect(count.steps.count { $0 == .sync(folder.below(Self.record)) } == 1)
            #expect(try await Self.tags(store) == [tag("first")])
            #expect(try await Self.tags(in: folder) == [tag("first")])
            try await store.repository(Self.name).put(image.manifest, as: [tag("third")])
            let used = try Folder.open(at: folder.below("repositories/team/app/_mirror"), observer: nil)?
                .status("record")?
                .inode
            #expect(used != nil && used != lost)
            #expect(try await Self.tags(in: folder) == [tag("first"), tag("third")])
        }
    }

    @Test func `content that cannot be saved is given up with its upload`() async throws {
        try await Self.withImage { store, count, folder, _ in
            let before = folder.files("blobs")
            let blob = BuiltBlob([1, 2, 3])
            let upload = try await store.repository(Self.name).beginUpload()
            try await upload.append(ByteStream(ByteBuffer(bytes: blob.bytes)))
            count.fail { step in
                if case .sync(let path) = step, path.hasSuffix("/data") {
                    throw StoreError.system(.sync, path: path, errno: EIO)
                }
            }
            await #expect(throws: StoreError.self) { try await upload.commit(as: blob.descriptor.digest) }
            count.fail(nil)
            #expect(folder.files("blobs") == before)
            #expect(folder.files("uploads").isEmpty)
            #expect(try await store.repository(Self.name).upload(upload.id) == nil)
        }
    }

    @Test func `a full disk moves no tag, and what is written afterwards counts`() async throws {
        try await Self.withImage { store, count, _, image in
            count.fail { step in
                if case .write(let path, _) = step { throw StoreError.system(.write, path: path, errno: ENOSPC) }
            }
            let error = await #expect(throws: StoreError.self) {
                try await store.repository(Self.name).put(image.manifest, as: [tag("second")])
            }
            #expect(error?.isOutOfSpace == true)
            #expect(try await Self.tags(store) == [tag("first")])
            count.fail(nil)
            try await store.repository(Self.name).put(image.manifest, as: [tag("third")])
            #expect(try await Self.tags(store) == [tag("first"), tag("third")])
        }
    }

    @Test func `a line that a crash tore is dropped, and cut off by the next writer`() async throws {
        try await Self.withImage { store, _, folder, image in
            let whole = try folder.read(Self.record)
            let line = RepositoryRecord.line(.put(.sample("x"), tags: [tag("torn")]))
            for length in [1, 17, 18, line.count - 1] {
                try folder.write(whole + line[..<length], to: Self.record)
                #expect(try await Self.tags(store) == [tag("first")])
                #expect(try await Self.tags(in: folder) == [tag("first")])
            }
            try await store.repository(Self.name).put(image.manifest, as: [tag("next")])
            #expect(try await Self.tags(in: folder) == [tag("first"), tag("next")])
        }
    }

    @Test func `an index or a record that is none is an error, and stays for whoever mends it`() async throws {
        for path in [Self.record, "repositories/team/app/_oci/index.json"] {
            try await Self.withImage { store, _, folder, image in
                try await store.finish()
                let kept = try folder.read(path)
                try folder.write([0, 1, 2], to: path)
                await #expect(throws: StoreError.self) { try await Self.tags(store) }
                await #expect(throws: StoreError.self) {
                    try await store.repository(Self.name).put(image.manifest, as: [tag("second")])
                }
                #expect(try folder.read(path) == [0, 1, 2])
                try folder.write(kept, to: path)
                #expect(try await Self.tags(store) == [tag("first")])
            }
        }
    }

    @Test func `damaged bytes of a manifest are never handed out`() async throws {
        try await Self.withImage { store, _, folder, image in
            let hex = image.manifest.descriptor.digest.hex
            let path = "repositories/team/app/_oci/blobs/sha256/\(hex)"
            var bytes = image.manifest.bytes
            bytes[5] ^= 1
            try FileManager.default.removeItem(atPath: folder.below(path))
            try folder.write(bytes, to: path)
            await #expect(throws: ContentError.self) {
                try await store.repository(Self.name).storedManifest(at: .tag(tag("first")))
            }
            try FileManager.default.removeItem(atPath: folder.below(path))
            await #expect(throws: ContentError.missing(image.manifest.descriptor.digest)) {
                try await store.repository(Self.name).manifest(at: .tag(tag("first")))
            }
            try await store.repository(Self.name).put(image.manifest)
            #expect(try await store.repository(Self.name).manifest(at: .tag(tag("first"))) != nil)
        }
    }

    @Test func `symbolic links in the place of files and folders are refused`() async throws {
        let outside = try TemporaryFolder()
        let layer = try await BuiltImage.random(seed: 1).blobs[1]
        try outside.write(layer.bytes, to: layer.descriptor.digest.hex)
        let layout = "repositories/team/app/_oci"
        for path in [
            "\(layout)/blobs/sha256/\(layer.descriptor.digest.hex)", "\(layout)/blobs/sha256", "\(layout)/blobs",
            layout,
            "repositories/team/app", "repositories/team", Self.record,
        ] {
            let folder = try TemporaryFolder()
            try await withStore(in: folder) { store in
                let image = try await BuiltImage.random(seed: 1)
                try await image.write(to: store.repository(Self.name), as: tag("first"))
            }
            let target =
                path.hasSuffix(layer.descriptor.digest.hex)
                ? outside.below(layer.descriptor.digest.hex) : outside.path
            try FileManager.default.removeItem(atPath: folder.below(path))
            try FileManager.default.createSymbolicLink(atPath: folder.below(path), withDestinationPath: target)
            try await withStore(in: folder) { store in
                let found = store.repository(Self.name)
                await #expect(throws: StoreError.self, "\(path)") {
                    _ = try await found.blob(layer.descriptor.digest)
                    _ = try await found.tags(after: nil, limit: 1)
                }
            }
        }
        #expect(outside.files() == [layer.descriptor.digest.hex])
    }

    @Test func `a folder that is replaced by a link while the store is open changes nothing`() async throws {
        try await Self.withImage { store, _, folder, _ in
            let outside = try TemporaryFolder()
            for path in ["blobs", "uploads"] {
                try FileManager.default.moveItem(atPath: folder.below(path), toPath: folder.below("moved-\(path)"))
                try FileManager.default.createSymbolicLink(
                    atPath: folder.below(path),
                    withDestinationPath: outside.path
                )
            }
            let blob = BuiltBlob([1, 2, 3])
            let upload = try await store.repository(Self.name).beginUpload()
            try await upload.append(ByteStream(ByteBuffer(bytes: blob.bytes)))
            try await upload.commit(as: blob.descriptor.digest)
            #expect(outside.files().isEmpty)
            #expect(try await store.repository(Self.name).size(ofBlob: blob.descriptor.digest) == 3)
        }
    }
}
