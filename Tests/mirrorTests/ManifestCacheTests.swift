// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing
@testable import mirror

@Suite struct ManifestCacheTests {
    private let folder = TemporaryFolder()
    private let host: RegistryHost
    private let app: RepositoryName

    init() throws {
        host = try RegistryHost("a.lan:5000")
        app = try RepositoryName("team/app")
    }

    private func open(_ host: RegistryHost? = nil) -> ManifestCache {
        ManifestCache(for: host ?? self.host, in: folder.url)
    }

    /// A manifest that is another one for another number.
    private func manifest(_ number: Int, size: Int = 0) throws -> ManifestDocument {
        let config = BuiltBlob(Array("\(number)".utf8), mediaType: .ociConfig).descriptor
        let filler = size > 0 ? #","annotations":{"x":"\#(String(repeating: "x", count: size))"}"# : ""
        return try ImageBuilder.document(
            #"{"schemaVersion":2,"config":{"mediaType":"\#(config.mediaType)","digest":"\#(config.digest)","size":1},"layers":[]\#(filler)}"#
        )
    }

    private func name(_ document: ManifestDocument) -> String { "sha256-\(document.descriptor.digest.hex)" }

    @Test func `a manifest is the same after a run as before`() async throws {
        let image = try manifest(1)
        let index = try ImageBuilder.index([(image, Platform(os: "linux", architecture: "arm64"))])
        for document in [image, index] {
            await open().keep(document)
            let read = try #require(await open().document(document.descriptor.digest))
            #expect(read == document)
            #expect(read.bytes == document.bytes)
            #expect(read.descriptor.mediaType == document.descriptor.mediaType)
        }
        #expect(await open().document(Sample.digest(1)) == nil)
    }

    @Test func `a manifest without a media type keeps the one that it came with`() async throws {
        let bytes = try manifest(2).bytes
        let digest = try manifest(2).descriptor.digest
        for type in [MediaType.ociManifest, .dockerManifest] {
            let document = try ManifestDocument(bytes: bytes, digest: digest, contentType: type.description)
            await open().keep(document)
            #expect(await open().document(digest)?.descriptor.mediaType == type)
        }
    }

    @Test func `a file that is spoilt is not believed`() async throws {
        let image = try manifest(1)
        await open().keep(image)
        let file = "manifests/new/\(name(image))"
        let whole = Array(try Data(contentsOf: folder.file(file)))
        let start = try #require(whole.firstIndex(of: 0x0A))
        // Torn anywhere, longer, other bytes of the same length, another manifest, nothing.
        var spoilt = (0..<whole.count).map { Array(whole.prefix($0)) } + [whole + [0x0A], try manifest(2).bytes]
        for place in (start + 1)..<whole.count {
            spoilt.append(whole.prefix(place) + [whole[place] ^ 1] + whole.dropFirst(place + 1))
        }
        for bytes in spoilt {
            try folder.write(bytes, to: file)
            #expect(await open().document(image.descriptor.digest) == nil)
        }
        try folder.write(whole, to: file)
        #expect(await open().document(image.descriptor.digest) == image)
        // What is fetched again takes its place.
        try folder.write([], to: file)
        await open().keep(image)
        #expect(await open().document(image.descriptor.digest) == image)
    }

    @Test func `long manifests are not kept`() async throws {
        let long = try manifest(1, size: 64 << 10)
        let short = try manifest(2, size: 63 << 10)
        let cache = open()
        await cache.keep(long)
        await cache.keep(short)
        #expect(await cache.document(long.descriptor.digest) == nil)
        #expect(await cache.document(short.descriptor.digest) == short)
        #expect(try folder.names(in: "manifests/new") == [name(short)])
    }

    @Test func `what is found among the old moves to the new, and what is not used goes`() async throws {
        let (used, unused) = (try manifest(1), try manifest(2))
        for document in [used, unused] { await open().keep(document) }
        try FileManager.default.moveItem(at: folder.file("manifests/new"), to: folder.file("manifests/old"))
        #expect(await open().document(used.descriptor.digest) == used)
        #expect(try folder.names(in: "manifests/new") == [name(used)])
        #expect(try folder.names(in: "manifests/old") == [name(unused)])
        #expect(await open().document(used.descriptor.digest) == used)
    }

    @Test func `when the new folder is full, it becomes the old one`() async throws {
        let (first, oldest) = (try manifest(1), try manifest(2))
        try folder.write("", to: "manifests/old/\(name(oldest))")
        for number in 0..<19_999 { try Data().write(to: new("filler-\(number)")) }
        let cache = open()
        await cache.keep(first)
        #expect(try folder.names(in: "manifests/old") == [name(oldest)])
        let second = try manifest(3)
        await cache.keep(second)
        #expect(try folder.names(in: "manifests/new") == [name(second)])
        #expect(try folder.names(in: "manifests/old").count == 20_000)
        #expect(await cache.document(first.descriptor.digest) == first)
        #expect(try folder.names(in: "manifests/new").count == 2)
    }

    private func new(_ name: String) throws -> URL {
        let new = folder.file("manifests/new")
        try FileManager.default.createDirectory(at: new, withIntermediateDirectories: true)
        return new.appending(path: name)
    }

    @Test func `what tags pointed to is kept apart for each host, manifests are not`() async throws {
        let other = try RegistryHost("b.lan")
        let image = try manifest(1)
        await open().keep(image)
        await open().noteSeen(.latest, in: app, image.descriptor.digest)
        #expect(await open().lastSeen(.latest, in: app) == image.descriptor.digest)
        #expect(await open().lastSeen(.latest, in: try RepositoryName("other")) == nil)
        #expect(await open(other).lastSeen(.latest, in: app) == nil)
        #expect(await open(other).document(image.descriptor.digest) == image)
        await open(other).noteSeen(.latest, in: app, Sample.digest(2))
        #expect(await open().lastSeen(.latest, in: app) == image.descriptor.digest)
        #expect(try folder.names(in: "seen") == ["a.lan_5000", "b.lan"])
    }

    @Test func `without a folder it remembers nothing, and nothing fails`() async throws {
        try folder.write("", to: "manifests")
        let cache = open()
        let image = try manifest(1)
        await cache.keep(image)
        #expect(await cache.document(image.descriptor.digest) == nil)
    }
}
