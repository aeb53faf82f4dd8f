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
                guard case ArchiveError.sameImage(_, .latest, let names) = error else { return false }
                return names == ["docker.io/library/nginx:latest", "docker.io/team/app:latest"]
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
        for wrong in [link, TarSample.member("index.json", [1])] {
            let rest = wrong == link ? index : []
            await #expect {
                try await ImageArchiveSample.withArchive(.oci, marker + wrong + rest + TarSample.end) { _ in }
            } throws: { error in
                guard case ArchiveError.damaged(_, _, .document) = error else { return false }
                return true
            }
        }
    }
}
