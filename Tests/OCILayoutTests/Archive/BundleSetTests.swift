// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

/// Several bundles as one place.
@Suite struct BundleSetTests {
    private static let name = repository("team/app")

    /// Writes a bundle of one repository, with images under tags.
    private func write(_ images: [(TagName, BuiltImage)], to path: String, host: String = "a.lan") async throws {
        let source = MemoryEndpoint()
        var contents = BundleContents.Repository(host: try RegistryHost(host), name: Self.name)
        for (tag, image) in images {
            try await image.write(to: source[Self.name], as: tag)
            contents.take(image, as: tag)
        }
        let writer = try BundleWriter.open(at: path)
        let sample = BundleSample(source: source, contents: BundleContents(repositories: [contents]))
        try await sample.write(to: writer)
        try await writer.shutdown()
    }

    private func withSet(
        _ paths: [String],
        rename: @escaping @Sendable (BundleContents.Repository) throws -> RepositoryName? = { $0.name },
        _ body: (BundleSet) async throws -> Void
    ) async throws {
        let bundles = try await BundleSet.open(try VolumeSet.sets(of: paths), rename: rename)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(bundles)) } catch { outcome = .failure(error) }
        try await bundles.shutdown()
        try outcome.get()
    }

    @Test func `the last bundle with a tag has the say, and what it pointed to before stays`() async throws {
        let folder = try TemporaryFolder()
        let (old, new) = (try await BuiltImage.random(seed: 1), try await BuiltImage.random(seed: 2))
        let paths = [folder.below("1.tar"), folder.below("2.tar")]
        try await write([(tag("1"), old), (tag("latest"), old)], to: paths[0])
        try await write([(tag("2"), new), (tag("latest"), new)], to: paths[1])
        for (order, latest) in [(paths, new), (paths.reversed(), old)] {
            try await withSet(order) { bundles in
                #expect(try await bundles.repositories(after: nil, limit: 10) == [Self.name])
                let place = bundles.repository(Self.name)
                #expect(try await place.tags(after: nil, limit: 10) == ["1", "2", "latest"].map(tag))
                let found = try await place.storedManifest(at: .tag(tag("latest")))
                #expect(found?.bytes == latest.manifest.bytes)
                for image in [old, new] {
                    let manifest = try await place.storedManifest(at: .digest(image.manifest.descriptor.digest))
                    #expect(
                        manifest == StoredManifest(descriptor: image.manifest.descriptor, bytes: image.manifest.bytes)
                    )
                    for blob in image.blobs {
                        #expect(try await place.blob(blob.descriptor.digest)?.read().collect() == blob.bytes)
                    }
                }
            }
        }
    }

    @Test func `a repository has what bundles list for it, and nothing that others have`() async throws {
        let folder = try TemporaryFolder()
        let sample = try await BundleSample()
        try await sample.file(at: folder.below("x.tar"))
        try await withSet([folder.below("x.tar")]) { bundles in
            let shared = Set(sample.contents.repositories[0].blobs).intersection(sample.contents.repositories[1].blobs)
            #expect(!shared.isEmpty)
            for (place, repository) in sample.contents.repositories.enumerated() {
                let other = sample.contents.repositories[1 - place]
                for blob in repository.blobs {
                    #expect(try await bundles.repository(repository.name).size(ofBlob: blob.digest) == blob.size)
                    let size = try await bundles.repository(other.name).size(ofBlob: blob.digest)
                    #expect(size == (shared.contains(blob) ? blob.size : nil))
                }
                let digest = repository.manifests[0].digest
                #expect(try await bundles.repository(other.name).storedManifest(at: .digest(digest)) == nil)
                // A manifest is no blob.
                #expect(try await bundles.repository(repository.name).blob(digest) == nil)
            }
            let unknown = bundles.repository(repository("no/such"))
            #expect(try await !unknown.exists())
            #expect(try await unknown.tags(after: nil, limit: 10).isEmpty)
        }
    }

    @Test func `names are given as for an import`() async throws {
        let folder = try TemporaryFolder()
        let image = try await BuiltImage.random(seed: 1)
        let paths = [folder.below("1.tar"), folder.below("2.tar")]
        try await write([(tag("1"), image)], to: paths[0], host: "a.lan")
        try await write([(tag("2"), image)], to: paths[1], host: "b.lan")
        // What comes from two registries never becomes one by accident.
        let same = ArchiveError.sameName(Self.name, ["a.lan/team/app", "b.lan/team/app"])
        await #expect(throws: same) { try await withSet(paths) { _ in } }
        let host = try RegistryHost("a.lan")
        try await withSet(paths, rename: { $0.host == host ? repository("hub/app") : nil }) { bundles in
            let names = try await bundles.repositories(after: nil, limit: 10)
            #expect(names == [repository("hub/app")])
            #expect(bundles.leftOut.map(\.path) == [paths[1]])
            #expect(bundles.leftOut.map(\.names) == [["b.lan/team/app"]])
        }
        // In one bundle, they are two repositories that must not be taken for one.
        try await BundleSample().file(at: folder.below("x.tar"))
        await #expect(throws: ArchiveError.self) {
            try await withSet([folder.below("x.tar")], rename: { _ in Self.name }) { _ in }
        }
    }

    @Test func `a referrer that several bundles bring is listed once`() async throws {
        let folder = try TemporaryFolder()
        let signed = try await SignedImage.build(seed: 5) { _ in [1, 2, 3] }
        let endpoint = MemoryEndpoint()
        let place = endpoint[Self.name]
        try await signed.write(to: place, as: tag("1"))
        let subject = try #require(signed.referrers.first?.subject)
        let referrers = try #require(try await place.referrers(of: subject, type: nil))
        #expect(!referrers.isEmpty)
        var contents = BundleContents.Repository(host: nil, name: Self.name)
        contents.manifests = referrers.map(\.descriptor)
        contents.references = referrers.map { BundleContents.Reference(subject: subject, referrer: $0) }
        let sample = BundleSample(source: endpoint, contents: BundleContents(repositories: [contents]))
        let paths = [folder.below("1.tar"), folder.below("2.tar")]
        for path in paths { try await sample.file(at: path) }
        try await withSet(paths) { bundles in
            let repository = bundles.repository(Self.name)
            let all = try await repository.referrers(of: subject, after: nil, limit: 10)
            let ordered = referrers.sorted { "\($0.descriptor.digest)" < "\($1.descriptor.digest)" }
            #expect(all == ordered)
            let rest = try await repository.referrers(of: subject, after: ordered[0].descriptor.digest, limit: 10)
            #expect(rest == Array(ordered.dropFirst()))
            #expect(try await repository.referrers(of: subject, after: nil, limit: 1) == [ordered[0]])
        }
    }
}
