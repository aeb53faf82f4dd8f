// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct ImageArchiveTests {
    private static let any = Place.onlyRepository

    @Test func `an OCI archive has its manifests byte for byte, by tags and by whole names`() async throws {
        let images = [try await BuiltImage.random(seed: 1), try await BuiltImage.random(seed: 2)]
        let archive = ImageArchiveSample.oci(
            images,
            [
                (images[0], ImageArchiveSample.named("1.4")),
                (images[1], ImageArchiveSample.named("registry.lan:5000/team/app:2")),
            ]
        )
        try await ImageArchiveSample.withArchive(.oci, archive) { archive in
            let all = archive.source(Self.any)
            #expect(try await all.tags().all().map(\.tag.text) == ["1.4", "2"])
            #expect(try await all.document(at: .tag(tag("1.4"))) == images[0].manifest)
            #expect(try await all.document(at: .tag(tag("2"))) == images[1].manifest)
            let digest = images[1].manifest.descriptor.digest
            #expect(try await all.resolve(.digest(digest)) == images[1].manifest.descriptor)
            let app = archive.source(repository("team/app"))
            #expect(try await app.tags().all() == [TagEntry(tag: tag("2"), digest: digest)])
            #expect(try await app.resolve(.tag(tag("1.4"))) == nil)
            #expect(try await archive.source(repository("other")).tags().all() == [])
            for blob in images.flatMap(\.blobs) {
                var bytes: [UInt8] = []
                for try await buffer in try await all.blob(blob.descriptor, from: 0) {
                    bytes += buffer.readableBytesView
                }
                #expect(bytes == blob.bytes)
                #expect(try await all.contains(blob.descriptor))
            }
            #expect(try await archive.catalog().all() == [repository("team/app")])
        }
    }

    @Test func `the only image without a name is the latest`() async throws {
        let image = try await BuiltImage.random(seed: 1)
        try await ImageArchiveSample.withArchive(.oci, ImageArchiveSample.oci([image], [(image, [:])])) { archive in
            let found = try await archive.source(Self.any).resolve(.tag(.latest))
            #expect(found == image.manifest.descriptor)
        }
        let two = ImageArchiveSample.oci([image], [(image, [:]), (try await BuiltImage.random(seed: 2), [:])])
        try await ImageArchiveSample.withArchive(.oci, two) { archive in
            let tags = try await archive.source(Self.any).tags().all()
            #expect(tags == [])
        }
    }

    @Test func `images with one tag are told apart by their whole names, which docker writes beside it`() async throws {
        let images = [try await BuiltImage.random(seed: 1), try await BuiltImage.random(seed: 2)]
        func notes(_ name: String) -> [String: String] {
            [ManifestEntry.tagAnnotation: "latest", "io.containerd.image.name": "docker.io/\(name):latest"]
        }
        let archive = ImageArchiveSample.oci(
            images,
            [(images[0], notes("library/nginx")), (images[1], notes("team/app"))]
        )
        try await ImageArchiveSample.withArchive(.oci, archive) { archive in
            for (name, image) in zip(["library/nginx", "team/app"], images) {
                let found = try await archive.source(repository(name)).resolve(.tag(.latest))
                #expect(found == image.manifest.descriptor)
            }
            await #expect {
                _ = try await archive.source(Self.any).resolve(.tag(.latest))
            } throws: { error in
                guard case ArchiveError.sameImage(_, Self.any, .latest, let named) = error else { return false }
                return named.map(\.name) == ["docker.io/library/nginx:latest", "docker.io/team/app:latest"]
            }
        }
    }

    @Test func `one tag of two registries is neither, and everything else is as ever`() async throws {
        let images = [try await BuiltImage.random(seed: 1), try await BuiltImage.random(seed: 2)]
        let names = ["b.lan/team/app:1", "a.lan/team/app:1", "a.lan/team/app:2", "a.lan/other:3", "b.lan/other:3"]
        let entries = zip([0, 1, 1, 0, 0], names).map { (images[$0], ImageArchiveSample.named($1)) }
        try await ImageArchiveSample.withArchive(.oci, ImageArchiveSample.oci(images, entries)) { archive in
            let digests = images.map(\.manifest.descriptor.digest)
            let both = [("a.lan/team/app:1", digests[1]), ("b.lan/team/app:1", digests[0])]
                .map { ArchiveError.NamedImage(name: $0, digest: $1) }
            for name in [repository("team/app"), Self.any] {
                let source = archive.source(name)
                func isRefused(_ body: () async throws -> Void) async {
                    let error = await #expect(throws: ArchiveError.self) { try await body() }
                    guard case .sameImage(.archive(.oci, _), name, tag("1"), both) = error else {
                        Issue.record("\(String(describing: error))")
                        return
                    }
                }
                await isRefused { _ = try await source.resolve(.tag(tag("1"))) }
                await isRefused { _ = try await source.document(at: .tag(tag("1"))) }
                // What the tag is would be a guess; that there is one is none.
                let listed = try await source.tags().all().prefix(2)
                #expect(listed == [TagEntry(tag: tag("1"), digest: nil), TagEntry(tag: tag("2"), digest: digests[1])])
                #expect(try await source.document(at: .tag(tag("2"))) == images[1].manifest)
                for image in images {
                    let digest = image.manifest.descriptor.digest
                    #expect(try await source.resolve(.digest(digest)) == image.manifest.descriptor)
                }
                #expect(try await source.referrers(of: digests[0], type: nil) == [])
            }
            // The same image under two names is one.
            let other = try await archive.source(repository("other")).tags().all()
            #expect(other == [TagEntry(tag: tag("3"), digest: digests[0])])
        }
    }

    @Test func `a repository that is called as all images are is itself`() async throws {
        let images = [try await BuiltImage.random(seed: 1), try await BuiltImage.random(seed: 2)]
        let entries = zip(images, ["a.lan/layout:1", "a.lan/app:2"]).map { ($0, ImageArchiveSample.named($1)) }
        try await ImageArchiveSample.withArchive(.oci, ImageArchiveSample.oci(images, entries)) { archive in
            let tags = try await archive.source(Self.any).tags().all()
            #expect(tags == [TagEntry(tag: tag("1"), digest: images[0].manifest.descriptor.digest)])
        }
    }

    @Test func `an index that would fill the memory is not read`() async throws {
        let long = #"{"manifests":[]\#(String(repeating: " ", count: 16 << 20))}"#
        let many = #"{"manifests":[\#(Array(repeating: "{}", count: 100_001).joined(separator: ","))]}"#
        let marker = TarSample.member("oci-layout", Array(LayoutPaths.layoutMarkerText.utf8))
        for (index, reason) in [(long, "it has more than 16777216 bytes"), (many, "it lists more than 100000 images")] {
            let archive = marker + TarSample.member("index.json", Array(index.utf8)) + TarSample.end
            let error = await #expect(throws: ArchiveError.self) {
                try await ImageArchiveSample.withArchive(.oci, archive) { _ in }
            }
            guard case .damaged(_, _, .document("index.json", reason)) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test func `a manifest or a blob that is another one than its name says is not taken`() async throws {
        let image = try await BuiltImage.random(seed: 1)
        let other = try await BuiltImage.random(seed: 2)
        var bytes = ImageArchiveSample.oci([image], [(image, ImageArchiveSample.named("1"))])
        let name = Array("blobs/sha256/\(image.manifest.descriptor.digest.hex)".utf8)
        let place = try #require(bytes.firstRange(of: name))
        bytes[place.lowerBound + 512 + 5] ^= 1
        try await ImageArchiveSample.withArchive(.oci, bytes) { archive in
            await #expect(throws: ContentError.self) { try await archive.source(Self.any).document(at: .tag(tag("1"))) }
        }
        let missing = ImageArchiveSample.oci([other], [(image, ImageArchiveSample.named("1"))])
        try await ImageArchiveSample.withArchive(.oci, missing) { archive in
            let digest = image.manifest.descriptor.digest
            await #expect(throws: ContentError.missing(digest)) {
                try await archive.source(Self.any).document(at: .tag(tag("1")))
            }
        }
    }

    @Test func `an archive without a mark or an index, and a blob that is a link, are refused`() async throws {
        let image = try await BuiltImage.random(seed: 1)
        let index = TarSample.member("index.json", Array(#"{"manifests":[]}"#.utf8))
        let marker = TarSample.member("oci-layout", Array(LayoutPaths.layoutMarkerText.utf8))
        for archive in [index + TarSample.end, marker + TarSample.end, TarSample.end] {
            await #expect {
                try await ImageArchiveSample.withArchive(.oci, archive) { _ in }
            } throws: { error in
                guard case ArchiveError.notAnArchive(_, .oci) = error else { return false }
                return true
            }
        }
        let link = TarSample.link("blobs/sha256/\(image.manifest.descriptor.digest.hex)", to: "/etc/passwd")
        let away = TarSample.member("x", Array(#"{"manifests":[]}"#.utf8))
        let hidden = TarSample.member("y", Array(LayoutPaths.layoutMarkerText.utf8))
        for wrong in [
            marker + link + index, marker + TarSample.link("blobs", to: "/etc") + index,
            marker + TarSample.link("index.json", to: "x") + away,
            hidden + TarSample.link("oci-layout", to: "y") + index,
            marker + TarSample.member("index.json", [1]),
        ] {
            await #expect {
                try await ImageArchiveSample.withArchive(.oci, wrong + TarSample.end) { _ in }
            } throws: { error in
                guard case ArchiveError.damaged(_, _, .document) = error else { return false }
                return true
            }
        }
    }
}
