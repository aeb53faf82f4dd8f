// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct LayoutRepositoryTests {
    private static let name = repository("team/app")
    private static let other = repository("team/app/other")

    private static func push(_ blob: BuiltBlob, to repository: LayoutRepository) async throws {
        let upload = try await repository.beginUpload()
        try await upload.append(ByteStream(ByteBuffer(bytes: blob.bytes)))
        try await upload.commit(as: blob.descriptor.digest)
    }

    @Test func `a manifest is put under all of its tags in one step`() async throws {
        try await withStore { store, _ in
            let repository = store.repository(Self.name)
            let image = try await BuiltImage.random(seed: 1)
            try await image.write(to: repository)
            try await repository.put(image.manifest, as: [tag("b"), tag("a"), tag("c")])
            #expect(try await repository.tags(after: nil, limit: 2) == [tag("a"), tag("b")])
            #expect(try await repository.tags(after: tag("b"), limit: 2) == [tag("c")])
            #expect(try await repository.storedManifest(at: .tag(tag("c")))?.bytes == image.manifest.bytes)
        }
    }

    @Test func `a manifest is refused as long as anything that it points to is missing`() async throws {
        try await withStore { store, _ in
            let repository = store.repository(Self.name)
            let image = try await BuiltImage.random(seed: 1)
            let index = try ImageBuilder.index([(manifest: image.manifest, platform: image.platform)])
            await #expect(
                throws: StoreError.missing(blobs: image.blobs.map(\.descriptor.digest), manifests: [])
            ) { try await repository.put(image.manifest) }
            await #expect(
                throws: StoreError.missing(blobs: [], manifests: [image.manifest.descriptor.digest])
            ) { try await repository.put(index, as: [.latest]) }
            #expect(try await repository.tags(after: nil, limit: 10).isEmpty)
            try await repository.put(index, as: [.latest], missing: .allowChildren)
            #expect(try await repository.resolve(.tag(.latest)) == index.descriptor)
        }
    }

    @Test func `a blob of another repository does not count for a manifest`() async throws {
        try await withStore { store, _ in
            let image = try await BuiltImage.random(seed: 1)
            try await image.write(to: store.repository(Self.other), as: .latest)
            await #expect(throws: StoreError.self) { try await store.repository(Self.name).put(image.manifest) }
        }
    }

    @Test func `what was pushed as a blob is no manifest, and the reverse`() async throws {
        try await withStore { store, _ in
            let repository = store.repository(Self.name)
            let image = try await BuiltImage.random(seed: 1)
            let digest = image.manifest.descriptor.digest
            try await Self.push(BuiltBlob(image.manifest.bytes), to: repository)
            #expect(try await repository.manifest(at: .digest(digest)) == nil)
            #expect(try await repository.size(ofBlob: digest) != nil)
            for blob in image.blobs { try await Self.push(blob, to: repository) }
            try await repository.put(image.manifest)
            #expect(try await repository.manifest(at: .digest(digest)) != nil)
            #expect(try await repository.size(ofBlob: digest) != nil)
            #expect(try await repository.remove(blob: digest))
            #expect(try await repository.size(ofBlob: digest) == nil)
            #expect(try await repository.blob(digest) == nil)
            #expect(try await repository.manifest(at: .digest(digest)) != nil)
            try await Self.push(BuiltBlob(image.manifest.bytes), to: repository)
            #expect(try await repository.remove(manifest: digest))
            #expect(try await repository.manifest(at: .digest(digest)) == nil)
            #expect(try await repository.size(ofBlob: digest) != nil)
        }
    }

    @Test func `a blob is mounted from the repository that has it, or from anywhere`() async throws {
        try await withStore { store, folder in
            let blob = BuiltBlob(Array("layer".utf8))
            let digest = blob.descriptor.digest
            let target = store.repository(Self.name)
            try await Self.push(blob, to: store.repository(Self.other))
            #expect(try await !target.mount(digest, from: repository("unknown")))
            #expect(try await !target.mount(.of("unknown"), from: nil))
            #expect(try await !target.exists())
            #expect(try await target.mount(digest, from: Self.other))
            #expect(try await target.size(ofBlob: digest) == 5)
            #expect(try await store.repository(repository("third")).mount(digest, from: nil))
            let names = ["team/app", "team/app/other", "third"]
            let paths = names.map { "repositories/\($0)/_oci/blobs/sha256/\(digest.hex)" }
            #expect(paths.allSatisfy(folder.exists))
        }
    }

    @Test func `a blob that another tool wrote into a repository is checked before it is shared`() async throws {
        try await withStore { store, folder in
            let good = BuiltBlob(Array("good".utf8))
            let bad = Digest.of("bad")
            try await Self.push(BuiltBlob([1]), to: store.repository(Self.other))
            let path = "repositories/\(Self.other)/_oci/blobs/sha256/"
            try folder.write(good.bytes, to: path + good.descriptor.digest.hex)
            try folder.write([9, 9], to: path + bad.hex)
            let target = store.repository(Self.name)
            #expect(try await target.mount(good.descriptor.digest, from: Self.other))
            #expect(try await target.size(ofBlob: good.descriptor.digest) == 4)
            await #expect(throws: StoreError.self) { try await target.mount(bad, from: Self.other) }
            #expect(try await target.size(ofBlob: bad) == nil)
            #expect(try await store.openUploads().isEmpty)
        }
    }

    @Test func `a blob that was removed from one repository stays in the others only`() async throws {
        try await withStore { store, _ in
            let blob = BuiltBlob(Array("layer".utf8))
            for name in [Self.name, Self.other] { try await Self.push(blob, to: store.repository(name)) }
            let digest = blob.descriptor.digest
            let opened = try #require(try await store.repository(Self.name).blob(digest))
            #expect(try await store.repository(Self.name).remove(blob: digest))
            #expect(try await !store.repository(Self.name).remove(blob: digest))
            #expect(try await store.repository(Self.name).size(ofBlob: digest) == nil)
            #expect(try await store.repository(Self.name).blob(digest) == nil)
            #expect(try await store.repository(Self.other).size(ofBlob: digest) == 5)
            var bytes: [UInt8] = []
            for try await buffer in opened.read() { bytes += buffer.readableBytesView }
            #expect(bytes == blob.bytes)
        }
    }

    @Test func `what is pointed to cannot be removed, and can be afterwards`() async throws {
        try await withStore { store, _ in
            let repository = store.repository(Self.name)
            let image = try await BuiltImage.random(seed: 1)
            let (child, layer) = (image.manifest.descriptor.digest, image.blobs[1].descriptor.digest)
            try await image.write(to: repository)
            let index = try ImageBuilder.index([(manifest: image.manifest, platform: image.platform)])
            try await repository.put(index, as: [.latest, tag("v1")])
            await #expect(throws: StoreError.inUse(layer, by: child)) { try await repository.remove(blob: layer) }
            await #expect(throws: StoreError.inUse(child, by: index.descriptor.digest)) {
                try await repository.remove(manifest: child)
            }
            #expect(try await repository.remove(manifest: index.descriptor.digest))
            #expect(try await repository.tags(after: nil, limit: 10).isEmpty)
            #expect(try await repository.remove(manifest: child))
            #expect(try await repository.remove(blob: layer))
            #expect(try await store.repositories(after: nil, limit: 10).isEmpty)
            #expect(try await repository.exists())
        }
    }

    @Test func `removing a tag leaves what it pointed to`() async throws {
        try await withStore { store, _ in
            let repository = store.repository(Self.name)
            let image = try await BuiltImage.random(seed: 1)
            try await image.write(to: repository, as: .latest)
            #expect(try await repository.remove(.latest))
            #expect(try await !repository.remove(.latest))
            #expect(try await repository.manifest(at: .tag(.latest)) == nil)
            #expect(try await repository.manifest(at: .digest(image.manifest.descriptor.digest)) != nil)
            #expect(try await !store.repository(OCILayoutTests.repository("nowhere")).remove(.latest))
            #expect(try await !store.repository(OCILayoutTests.repository("nowhere")).exists())
        }
    }

    @Test func `referrers are listed with their type and annotations, in pages, also after a restart`() async throws {
        let folder = try TemporaryFolder()
        let image = try await BuiltImage.random(seed: 1)
        let subject = image.manifest.descriptor
        var artifacts: [ManifestDocument] = []
        try await withStore(in: folder) { store in
            let repository = store.repository(Self.name)
            #expect(try await repository.referrers(of: subject.digest).isEmpty)
            for number in 0..<3 {
                let note = ["number": "\(number)"]
                let made = try artifact("application/x-\(number)", subject: subject, annotations: note)
                try await Self.push(made.config, to: repository)
                // The subject need not be there.
                try await repository.put(made.manifest)
                artifacts.append(made.manifest)
            }
        }
        try await withStore(in: folder) { store in
            let repository = store.repository(Self.name)
            let all = try await repository.referrers(of: subject.digest)
            #expect(all.map(\.descriptor.digest.hex) == artifacts.map(\.descriptor.digest.hex).sorted())
            for referrer in all {
                let number = try #require(referrer.annotations["number"])
                #expect(referrer.artifactType == "application/x-\(number)")
            }
            let first = try await repository.referrers(of: subject.digest, limit: 2)
            let second = try await repository.referrers(of: subject.digest, after: first[1].descriptor.digest, limit: 2)
            #expect(first + second == all)
            #expect(try await repository.remove(manifest: all[0].descriptor.digest))
            #expect(try await repository.referrers(of: subject.digest) == Array(all.dropFirst()))
        }
    }

    @Test func `repositories are listed in bytewise order of their whole names, in pages`() async throws {
        try await withStore { store, _ in
            let texts = ["a", "a-b", "a/b", "a.b/c", "a0", "b/c/d", "b/c", "z"]
            let image = try await BuiltImage.random(seed: 1)
            for text in texts { try await image.write(to: store.repository(repository(text)), as: .latest) }
            try await Self.push(BuiltBlob([1]), to: store.repository(repository("only/blobs")))
            let sorted = texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(try await store.catalog().all().map(\.text) == sorted)
            var paged: [String] = []
            var last: RepositoryName?
            while let page = try await store.repositories(after: last, limit: 3).nonEmpty {
                paged += page.map(\.text)
                last = page.last
            }
            #expect(paged == sorted)
            #expect(try await store.repositories(after: repository("a/a"), limit: 1).map(\.text) == ["a/b"])
        }
    }
}

extension Array {
    fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
