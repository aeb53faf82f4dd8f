// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Synchronization
import Testing

@Suite struct ExporterTests {
    /// A bundle that keeps what it is given, as a test wants to see it.
    private final class Sink: BundleSink {
        struct Content {
            var contents: BundleContents?
            var order: [Digest] = []
            var isFinished = false
        }

        let isSequential: Bool
        let known: Set<Digest>
        let content = Mutex(Content())

        init(isSequential: Bool = false, known: Set<Digest> = []) {
            self.isSequential = isSequential
            self.known = known
        }

        func begin(_ contents: BundleContents) async throws { content.withLock { $0.contents = contents } }
        func holds(_ digest: Digest) async throws -> Bool { known.contains(digest) }
        func finish() async throws { content.withLock { $0.isFinished = true } }

        func write(_ document: ManifestDocument) async throws {
            content.withLock { $0.order.append(document.descriptor.digest) }
        }

        func write(_ blob: BlobContent) async throws {
            _ = try await blob.open().stream.collect()
            content.withLock { $0.order.append(blob.descriptor.digest) }
        }
    }

    private func part(
        _ source: any SourceEndpoint,
        _ images: ImageChoice = ImageChoice(),
        at place: Place = .registry(.dockerHub, nil)
    ) -> Exporter.Part {
        let job = Job(
            source: source,
            destination: MemoryEndpoint(),
            selection: .catalog(.registry),
            mapping: .unchanged,
            images: images
        )
        return Exporter.Part(place: place, job: job)
    }

    /// Two repositories of which the tags point to images that share layers, one to an index.
    private func filled() async throws -> MemoryEndpoint {
        let source = MemoryEndpoint()
        for number in UInt64(1)...6 {
            try await BuiltImage.random(seed: number)
                .write(
                    to: source[try repository(number % 2 == 0 ? "team/app" : "library/base")],
                    as: try TagName("v\(number)")
                )
        }
        let place = source[try repository("team/app")]
        let parts = try await [
            BuiltImage.random(seed: 2, platform: Platform(os: "linux", architecture: "amd64")),
            BuiltImage.random(seed: 9, platform: Platform(os: "linux", architecture: "arm64")),
        ]
        for part in parts { try await part.write(to: place) }
        try await place.publish(
            try ImageBuilder.index(parts.map { ($0.manifest, $0.platform) }),
            as: try TagName("many")
        )
        return source
    }

    @Test func `everything is written once, in the order of the contents`() async throws {
        let source = try await filled()
        let sink = Sink(isSequential: true)
        let log = EventLog()
        try await Exporter([part(source)], to: sink, modified: 7, events: log.take).run()
        let content = sink.content.withLock { $0 }
        let contents = try #require(content.contents)
        #expect(content.isFinished)
        #expect(content.order == contents.pieces.map(\.blob.digest))
        #expect(Set(content.order).count == content.order.count)
        #expect(contents.modified == 7)
        #expect(contents.repositories.map(\.fullName) == ["docker.io/library/base", "docker.io/team/app"])
        #expect(contents.repositories[1].roots.compactMap(\.tag?.text) == ["many", "v2", "v4", "v6"])
        #expect(log.published.count == 7)
        // What an index points to stands in front of it.
        let manifests = contents.repositories[1].manifests
        let index = try #require(manifests.firstIndex { $0.mediaType.isIndex })
        let children = try #require(
            await source[try repository("team/app")].document(at: .digest(manifests[index].digest))
        )
        for child in children.manifest.children {
            #expect(try #require(manifests.firstIndex { $0.digest == child.digest }) < index)
        }
    }

    @Test func `pieces for a pipe are fetched ahead, no more than are let, and large ones when it is their turn`()
        async throws
    {
        let source = MemoryEndpoint()
        let name = try repository("app")
        for seed in UInt64(1)...6 {
            try await BuiltImage.random(seed: seed, layerSizes: [3000, 2 << 20])
                .write(to: source[name], as: TagName("v\(seed)"))
        }
        let watched = WatchedSource(base: source)
        let sink = Sink(isSequential: true)
        try await Exporter([part(watched)], to: sink, limits: RunLimits(blobs: 4)) { _ in }.run()
        let content = sink.content.withLock { $0 }
        #expect(content.order == content.contents?.pieces.map(\.blob.digest))
        let figures = watched.figures.withLock { $0 }
        #expect(figures.mostSmall > 1 && figures.mostSmall <= 4)
        #expect(figures.mostLarge == 1)
        #expect(figures.openings == figures.blobs.count)
    }

    /// Counts how many blobs are being read at once.
    private final class WatchedSource: SourceEndpoint {
        struct Figures {
            var (small, large, mostSmall, mostLarge, openings) = (0, 0, 0, 0, 0)
            var blobs: Set<Digest> = []
        }

        let base: MemoryEndpoint
        let figures = Mutex(Figures())
        var name: String { base.name }

        init(base: MemoryEndpoint) { self.base = base }

        func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }
        func source(_ repository: RepositoryName) -> any ContentSource {
            Repository(base: base.source(repository), owner: self)
        }

        struct Repository: ForwardingSource {
            let base: any ContentSource
            let owner: WatchedSource

            func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
                let isLarge = descriptor.size > 1 << 20
                let bytes = try await base.blob(descriptor, in: range)
                return ByteStream(range: bytes.range) { [owner] in
                    owner.figures.withLock { figures in
                        figures.openings += 1
                        figures.blobs.insert(descriptor.digest)
                        if isLarge { figures.large += 1 } else { figures.small += 1 }
                        figures.mostLarge = max(figures.mostLarge, figures.large)
                        figures.mostSmall = max(figures.mostSmall, figures.small)
                    }
                    var iterator = bytes.makeAsyncIterator()
                    return {
                        // Long enough that others begin meanwhile.
                        try await Task.sleep(for: .milliseconds(5))
                        if let buffer = try await iterator.next() { return buffer }
                        owner.figures.withLock { if isLarge { $0.large -= 1 } else { $0.small -= 1 } }
                        return nil
                    }
                }
            }
        }
    }

    @Test func `images that docker can load are listed with all their names, artifacts are not`() async throws {
        let source = MemoryEndpoint()
        let image = try await BuiltImage.random(seed: 1)
        let (one, other) = (try repository("a"), try repository("b"))
        try await image.write(to: source[one], as: try TagName("1"))
        try await image.write(to: source[one], as: try TagName("2"))
        try await image.write(to: source[other], as: try TagName("1"))
        let layerType = try #require(MediaType("application/vnd.cncf.helm.chart.content.v1.tar+gzip"))
        let configType = try #require(MediaType("application/vnd.cncf.helm.config.v1+json"))
        let chart = BuiltBlob(Array("chart".utf8), mediaType: layerType)
        let config = BuiltBlob(Array("{}".utf8), mediaType: configType)
        try await source[other].write([chart, config])
        try await source[other]
            .publish(
                try ImageBuilder.manifest(config: config.descriptor, layers: [chart.descriptor]),
                as: try TagName("chart")
            )
        let sink = Sink()
        try await Exporter([part(source)], to: sink, isLoadable: true) { _ in }.run()
        let expected = BundleContents.LoadableImage(
            config: image.blobs[0].descriptor.digest,
            layers: image.blobs.dropFirst().map(\.descriptor.digest),
            names: ["docker.io/a:1", "docker.io/a:2", "docker.io/b:1"]
        )
        #expect(sink.content.withLock { $0.contents?.loadable } == [expected])
    }

    @Test func `an image for several platforms cannot be loaded, and no bundle is begun`() async throws {
        let sink = Sink()
        let source = try await filled()
        await #expect(throws: ExportManyPlatforms(name: "docker.io/team/app:many")) {
            try await Exporter([part(source)], to: sink, isLoadable: true) { _ in }.run()
        }
        #expect(sink.content.withLock { $0.contents } == nil)
    }

    @Test func `the contents do not depend on what is found first`() async throws {
        let source = try await filled()
        var seen: Set<BundleContents> = []
        for width in [1, 2, 32] {
            let sink = Sink()
            let limits = RunLimits(routes: width, roots: width, blobs: width)
            try await Exporter([part(source)], to: sink, limits: limits) { _ in }.run()
            seen.insert(try #require(sink.content.withLock { $0.contents }))
        }
        #expect(seen.count == 1)
    }

    @Test func `what is there from an earlier attempt is not read again`() async throws {
        let source = try await filled()
        let first = Sink()
        try await Exporter([part(source)], to: first) { _ in }.run()
        let all = first.content.withLock { $0.order }
        let sink = Sink(known: Set(all.dropLast(3)))
        let log = EventLog()
        try await Exporter([part(source)], to: sink, events: log.take).run()
        #expect(Set(sink.content.withLock { $0.order }) == Set(all.suffix(3)))
        let blobs = try #require(sink.content.withLock { $0.contents }).pieces.filter { $0.kind == .blob }
        #expect(log.arrivals(.present).count + log.arrivals(.copied).count == blobs.count)
    }

    @Test func `where something that is selected cannot be read, nothing is begun`() async throws {
        let source = try await filled()
        let name = try repository("team/app")
        let tag = try TagName("v4")
        source.change(name) { repository in
            if let digest = repository.tags[tag] { repository.manifests[digest] = nil }
        }
        let sink = Sink()
        let log = EventLog()
        let error = await failure { try await Exporter([part(source)], to: sink, events: log.take).run() }
        #expect(error as? ExportIncomplete == ExportIncomplete(count: 1))
        #expect(log.failures.keys.sorted() == ["team/app:v4"])
        #expect(sink.content.withLock { $0.contents } == nil)
    }

    @Test func `a blob that cannot be read ends the export, and the bundle has no end`() async throws {
        let source = try await filled()
        let name = try repository("team/app")
        source.change(name) { repository in
            if let digest = repository.blobs.keys.first { repository.blobs[digest] = nil }
        }
        let sink = Sink()
        let error = await failure { try await Exporter([part(source)], to: sink) { _ in }.run() }
        guard case .missing = underlying(error) as? ContentError else {
            Issue.record("\(error.map { "\($0)" } ?? "no error")")
            return
        }
        #expect(!sink.content.withLock { $0.isFinished })
    }

    @Test func `one tag cannot be two images`() async throws {
        let source = try await filled()
        let platform = Platform(os: "linux", architecture: "arm64")
        let images = ImageChoice(platforms: PlatformRule(PlatformChoice([platform]), index: .rewritten))
        let sink = Sink()
        let error = await failure { try await Exporter([part(source), part(source, images)], to: sink) { _ in }.run() }
        #expect(error as? ExportAmbiguous == ExportAmbiguous(name: "docker.io/team/app:many"))
        #expect(sink.content.withLock { $0.contents } == nil)
        // The same image twice is one.
        try await Exporter([part(source), part(source)], to: sink) { _ in }.run()
        #expect(sink.content.withLock { $0.isFinished })
    }

    @Test func `repositories of two folders that have one name are told apart, and nothing is an error`() async throws {
        let (one, other) = (try await filled(), try await filled())
        let parts = [part(one, at: .layout("/a")), part(other, at: .layout("/b"))]
        let error = await failure { try await Exporter(parts, to: Sink()) { _ in }.run() }
        #expect(error as? ExportAmbiguous == ExportAmbiguous(name: "library/base"))
        let empty = await failure { try await Exporter([part(MemoryEndpoint())], to: Sink()) { _ in }.run() }
        #expect(empty is ExportEmpty)
    }

    @Test func `what refers to nothing that is selected is an image of its own`() async throws {
        let source = MemoryEndpoint()
        let image = try await SignedImage.build(seed: 3) { _ in [1, 2, 3] }
        let name = try repository("team/app")
        try await image.write(to: source[name], as: try TagName("1"))
        let referrer = try #require(image.referrers.first?.part.manifest.descriptor.digest)
        let job = Job(
            source: source,
            destination: MemoryEndpoint(),
            selection: .image(name, .digest(referrer)),
            mapping: .unchanged
        )
        let sink = Sink()
        try await Exporter([Exporter.Part(place: .layout("/a"), job: job)], to: sink) { _ in }.run()
        let roots = try #require(sink.content.withLock { $0.contents }).repositories[0].roots
        #expect(roots.map(\.manifest.digest).contains(referrer))
    }

    @Test func `an index that is written anew is taken as it was made`() async throws {
        let source = try await filled()
        let platform = Platform(os: "linux", architecture: "arm64")
        let images = ImageChoice(platforms: PlatformRule(PlatformChoice([platform]), index: .rewritten))
        let sink = Sink()
        try await Exporter([part(source, images)], to: sink) { _ in }.run()
        let contents = try #require(sink.content.withLock { $0.contents })
        let many = try #require(contents.repositories.flatMap(\.roots).first { $0.tag?.text == "many" })
        #expect(sink.content.withLock { $0.order.contains(many.manifest.digest) })
        #expect(try await source[try repository("team/app")].resolve(.digest(many.manifest.digest)) == nil)
    }

    @Test func `signatures and other referrers are in the contents with what they refer to`() async throws {
        let source = MemoryEndpoint()
        let image = try await SignedImage.build(seed: 3) { _ in [1, 2, 3] }
        try await image.write(to: source[try repository("team/app")], as: try TagName("1"))
        let sink = Sink()
        try await Exporter([part(source)], to: sink) { _ in }.run()
        let repository = try #require(sink.content.withLock { $0.contents }?.repositories.first)
        #expect(Set(repository.references.map(\.subject)) == Set(image.referrers.map(\.subject)))
        #expect(repository.references.count == image.referrers.count)
        #expect(Set(repository.roots.compactMap(\.tag)) == Set([try TagName("1")] + image.tagged.map(\.tag)))
    }
}
