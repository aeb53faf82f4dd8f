// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

@testable import OCILayout

@Suite struct DockerArchiveTests {
    private static let app = repository("team/app")
    private static let layers = [[UInt8](repeating: 1, count: 3000), [UInt8](repeating: 2, count: 5000)]

    private func document(_ archive: [UInt8], _ name: RepositoryName = app) async throws -> ManifestDocument {
        try await ImageArchiveSample.withArchive(.docker, archive) { archive in
            try #require(try await archive.source(name).document(at: .tag(tag("1"))))
        }
    }

    @Test func `a manifest is made of what the archive has, always the same`() async throws {
        let sample = DockerSample(Self.layers)
        let entry = sample.entry(["registry.lan:5000/team/app:1", "app:1"], layers: ["a.tar", "b.tar"])
        let members = [
            TarSample.member("a.tar", Self.layers[0]), TarSample.member("b.tar", Self.layers[1]),
            TarSample.member(sample.configName, sample.config),
        ]
        let archive = members.flatMap(\.self) + DockerSample.list(entry)
        let document = try await document(archive)
        guard case .image(let manifest) = document.manifest else {
            throw ContentError.missing(document.descriptor.digest)
        }
        #expect(manifest.config.digest == Digester.digest(of: sample.config))
        #expect(manifest.config.mediaType == .ociConfig)
        #expect(manifest.layers.map(\.digest) == Self.layers.map { Digester.digest(of: $0) })
        #expect(manifest.layers.map(\.mediaType) == [.ociLayer, .ociLayer])
        #expect(try await self.document(members.reversed().flatMap(\.self) + DockerSample.list(entry)) == document)
        try await ImageArchiveSample.withArchive(.docker, archive) { archive in
            #expect(try await archive.catalog().all() == [repository("library/app"), Self.app])
            #expect(try await archive.source(repository("library/app")).document(at: .tag(tag("1"))) == document)
            for (blob, bytes) in zip(manifest.layers + [manifest.config], Self.layers + [sample.config]) {
                var read: [UInt8] = []
                for try await buffer in try await archive.source(Self.app).blob(blob, from: 0) {
                    read += buffer.readableBytesView
                }
                #expect(read == bytes)
            }
        }
    }

    @Test(arguments: [("gzip", MediaType.ociLayerGzip), ("zstd", .ociLayerZstandard)])
    func `a compressed layer stays as it is`(tool: String, type: MediaType) async throws {
        let compressed = try await ChildProcess.run("sh", ["-c", "head -c 3000 /dev/zero | \(tool) -c"]).output
        let sample = DockerSample([compressed], contents: [[UInt8](repeating: 0, count: 3000)])
        let document = try await document(
            TarSample.member("a", compressed) + TarSample.member(sample.configName, sample.config)
                + DockerSample.list(sample.entry(["team/app:1"], layers: ["a"]))
        )
        let layer = try #require(document.manifest.blobs.last)
        #expect(layer.mediaType == type)
        #expect(layer.digest == Digester.digest(of: compressed))
        #expect(layer.size == Int64(compressed.count))
    }

    @Test func `layers that images share, by links and by names, are each once`() async throws {
        let one = DockerSample([Self.layers[0]])
        let two = DockerSample(Self.layers)
        let archive =
            TarSample.member("x/layer.tar", Self.layers[0]) + TarSample.link("y/layer.tar", to: "../x/layer.tar")
            + TarSample.member("z/layer.tar", Self.layers[1]) + TarSample.member(one.configName, one.config)
            + TarSample.member(two.configName, two.config)
            + DockerSample.list(
                one.entry(["team/app:1"], layers: ["x/layer.tar"]),
                two.entry(["team/app:2"], layers: ["y/layer.tar", "z/layer.tar"])
            )
        try await ImageArchiveSample.withArchive(.docker, archive) { archive in
            let source = archive.source(Self.app)
            #expect(try await source.tags().all().map(\.tag.text) == ["1", "2"])
            let first = try await source.document(at: .tag(tag("1")))
            let second = try await source.document(at: .tag(tag("2")))
            #expect(first?.manifest.blobs.last == second?.manifest.blobs[1])
        }
    }

    @Test func `what does not fit together is refused by name`() async throws {
        let sample = DockerSample(Self.layers)
        let layers = TarSample.member("a", Self.layers[0]) + TarSample.member("b", Self.layers[1])
        let config = TarSample.member(sample.configName, sample.config)
        func entry(_ names: [String]? = ["team/app:1"], _ files: [String] = ["a", "b"]) -> String {
            sample.entry(names, layers: files)
        }
        let wrong: [(String, [UInt8])] = [
            ("no list", layers + config + TarSample.end),
            ("a list that is none", layers + config + DockerSample.list("{}")),
            ("no configuration", layers + DockerSample.list(entry())),
            (
                "a configuration under a wrong name",
                layers + TarSample.member(sample.configName, Array("{}".utf8)) + DockerSample.list(entry())
            ),
            ("no layer", config + DockerSample.list(entry())),
            (
                "a layer that is a link out of the archive",
                TarSample.link("a", to: "/etc/passwd") + TarSample.member("b", Self.layers[1]) + config
                    + DockerSample.list(entry())
            ),
            ("a layer too few", layers + config + DockerSample.list(entry(["team/app:1"], ["a"]))),
            ("no name", layers + config + DockerSample.list(entry(nil))),
            ("a name that is none", layers + config + DockerSample.list(entry(["Team/App:1"]))),
            (
                "a list that is a link",
                layers + config + TarSample.link("manifest.json", to: "list")
                    + TarSample.member("list", Array("[]".utf8)) + TarSample.end
            ),
        ]
        for (name, archive) in wrong {
            do {
                try await ImageArchiveSample.withArchive(.docker, archive) { _ in }
                Issue.record("\(name) was taken")
            } catch is ArchiveError {} catch ContentError.wrongDigest { #expect(name.contains("wrong name")) }
        }
    }

    @Test func `images of two registries under one name are told apart by their digests`() async throws {
        let samples = [DockerSample(Self.layers), DockerSample([Self.layers[0]])]
        let archive =
            TarSample.member("a", Self.layers[0]) + TarSample.member("b", Self.layers[1])
            + samples.flatMap { TarSample.member($0.configName, $0.config) }
            + DockerSample.list(
                samples[0].entry(["b.lan/team/app:1", "team/app:2"], layers: ["a", "b"]),
                samples[1].entry(["a.lan/team/app:1", "a.lan/team/app:3"], layers: ["a"])
            )
        try await ImageArchiveSample.withArchive(.docker, archive) { archive in
            let app = archive.source(Self.app)
            let images = [
                try #require(try await app.document(at: .tag(tag("3")))),
                try #require(try await app.document(at: .tag(tag("2")))),
            ]
            let error = await #expect(throws: ArchiveError.self) { try await app.resolve(.tag(tag("1"))) }
            guard case .sameImage(.archive(.docker, _), Self.app, tag("1"), let named) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(named.map(\.name) == ["a.lan/team/app:1", "b.lan/team/app:1"])
            #expect(named.map(\.digest) == images.map(\.descriptor.digest))
            for image in images {
                #expect(try await app.document(at: .digest(image.descriptor.digest)) == image)
            }
        }
    }

    @Test func `a list of more than 10,000 images is not gone through`() async throws {
        let list = "[\(Array(repeating: "{}", count: 10_001).joined(separator: ","))]"
        let archive = TarSample.member("manifest.json", Array(list.utf8)) + TarSample.end
        await #expect {
            try await ImageArchiveSample.withArchive(.docker, archive) { _ in }
        } throws: { error in
            guard case ArchiveError.damaged(_, _, .document(_, let reason)) = error else { return false }
            return reason == "it lists more than 10000 images"
        }
    }

    @Test func `nobody who goes between two images is worked for`() throws {
        let sample = DockerSample(Self.layers)
        let archive =
            TarSample.member("a", Self.layers[0]) + TarSample.member("b", Self.layers[1])
            + TarSample.member(sample.configName, sample.config)
            + DockerSample.list(
                sample.entry(["team/app:1"], layers: ["a", "b"]),
                sample.entry(["team/app:2"], layers: ["a", "b"])
            )
        let folder = try TemporaryFolder()
        try folder.write(archive, to: "x.tar")
        let bytes = try ArchiveBytes(at: folder.below("x.tar"))
        // It is looked at once for the headers, and once for each image.
        for count in 1...3 {
            let looks = Atomic(0)
            #expect(throws: CancellationError.self, "\(count)") {
                try DockerArchive.content(of: bytes) { looks.add(1, ordering: .relaxed).newValue == count }
            }
        }
    }

    @Test func `a layer that is another one than the configuration says is found out when it is read`() async throws {
        let sample = DockerSample(Self.layers)
        let archive =
            TarSample.member("a", Self.layers[0]) + TarSample.member("b", [UInt8](repeating: 3, count: 5000))
            + TarSample.member(sample.configName, sample.config)
            + DockerSample.list(sample.entry(["team/app:1"], layers: ["a", "b"]))
        try await ImageArchiveSample.withArchive(.docker, archive) { archive in
            let source = archive.source(Self.app)
            let blobs = try #require(try await source.document(at: .tag(tag("1")))).manifest.blobs
            let sink = MemoryEndpoint()[Self.app]
            for blob in blobs.dropLast() { _ = try await sink.write(BlobContent(blob, from: source), heldBy: nil) }
            let last = try #require(blobs.last)
            await #expect(throws: SideFailure.self) {
                try await sink.write(BlobContent(last, from: source), heldBy: nil)
            }
            #expect(try await !sink.contains(last))
        }
    }
}
