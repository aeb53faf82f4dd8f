// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication
import Testing

@Suite struct ReplicatorTests {
    private let source = MemoryEndpoint(name: "from.lan")
    private let destination = MemoryEndpoint(name: "to.lan")

    private static func tag(_ text: String) throws -> TagName { try TagName(text) }

    /// Fills repositories, each with two random images that share what they can.
    @discardableResult
    private func fill(_ names: [String], seed: UInt64 = 1) async throws -> ImageForge {
        let forge = ImageForge(seed: seed)
        for name in names {
            for tag in ["1", "latest"] {
                try await forge.put(try forge.root(), as: Self.tag(tag), into: source[try RepositoryName(name)])
            }
        }
        return forge
    }

    private func names(_ endpoint: MemoryEndpoint) async throws -> [String] {
        try await endpoint.everyTag().keys.sorted().map(\.text)
    }

    @Test(arguments: [
        ("from.lan/team/app:1", "to.lan/team/app", false, ["team/app:1"]),
        ("from.lan/team/app:1", "to.lan/other:2", false, ["other:2"]),
        ("from.lan/team/app", "to.lan/team/app", false, ["team/app:latest"]),
        ("from.lan/team/app", "to.lan/x/y", true, ["x/y:1", "x/y:latest"]),
        ("from.lan/team/*", "to.lan/z", false, ["z/app:1", "z/app:latest"]),
        ("from.lan/team/**", "to.lan/z", false, ["z/app:1", "z/app:latest", "z/deep/er:1", "z/deep/er:latest"]),
        (
            "from.lan/team/**", "to.lan/", false,
            ["app:1", "app:latest", "deep/er:1", "deep/er:latest"]
        ),
        (
            "from.lan/", "to.lan/m", false,
            [
                "m/solo:1", "m/solo:latest", "m/team/app:1", "m/team/app:latest", "m/team/deep/er:1",
                "m/team/deep/er:latest",
            ]
        ),
        ("from.lan/*", "to.lan/", false, ["solo:1", "solo:latest"]),
    ])
    func `copies what the addresses say to the names they say`(
        _ from: String,
        _ to: String,
        _ allTags: Bool,
        _ expected: [String]
    ) async throws {
        try await fill(["solo", "team/app", "team/deep/er"])
        let log = try await run(copyJob(source, destination, from: from, to: to, allTags: allTags))
        let tags = try await destination.everyTag()
        #expect(tags.flatMap { name, tags in tags.keys.map { "\(name):\($0)" } }.sorted() == expected)
        #expect(log.failures.isEmpty)
        #expect(log.published.count == expected.count)
        #expect(try await destination.missing().isEmpty)
    }

    @Test func `an image by its digest is tagged by it, so that it is no garbage`() async throws {
        let forge = ImageForge(seed: 1)
        let image = try forge.image()
        let name = try RepositoryName("app")
        try await forge.put(image, as: .latest, into: source[name])
        let from = "from.lan/app@\(image.descriptor.digest)"
        let tag = try Self.tag("pinned-sha256-\(image.descriptor.digest.hex)")
        // Also where it is there already, and is garbage.
        try await run(copyJob(source, destination, from: from, to: "to.lan/app", digestTags: .untagged))
        let job = try copyJob(source, destination, from: from, to: "to.lan/app")
        let log = try await run(job)
        #expect(log.published.map(\.tag) == [tag])
        #expect(log.arrivals(.copied).isEmpty)
        #expect(try await destination[name].tags().all().map(\.tag) == [tag])
        let again = try await run(job)
        #expect(again.published.isEmpty)
        #expect(again.equal == [.digest(image.descriptor.digest)])
        let written = try copyJob(source, destination, from: from.replacing("app@", with: "app:1@"), to: "to.lan/app")
        #expect(try await run(written).published.map(\.tag?.text) == ["1"])
    }

    @Test func `an image by its digest is copied without a tag if that is wanted`() async throws {
        let forge = ImageForge(seed: 1)
        let image = try forge.image()
        let name = try RepositoryName("app")
        try await forge.put(image, as: .latest, into: source[name])
        let job = try copyJob(
            source,
            destination,
            from: "from.lan/app@\(image.descriptor.digest)",
            to: "to.lan/app",
            digestTags: .untagged
        )
        #expect(try await run(job).published.map(\.tag) == [nil])
        #expect(try await destination[name].document(at: .digest(image.descriptor.digest)) == image)
        #expect(try await destination[name].tags().all().isEmpty)
        let again = try await run(job)
        #expect(again.published.isEmpty)
        #expect(again.equal == [.digest(image.descriptor.digest)])
    }

    @Test func `an image by its digest can be given a tag`() async throws {
        let forge = ImageForge(seed: 1)
        let image = try forge.index(of: [try forge.image(), try forge.image()])
        try await forge.put(image, as: nil, into: source[try RepositoryName("app")])
        let job = try copyJob(
            source,
            destination,
            from: "from.lan/app@\(image.descriptor.digest)",
            to: "to.lan/app:new"
        )
        #expect(try await run(job).published.count == 1)
        let name = try RepositoryName("app")
        #expect(try await destination[name].resolve(.tag(Self.tag("new")))?.digest == image.descriptor.digest)
        #expect(try await run(job).published.isEmpty)
    }

    @Test func `plan, execute, plan is empty (G5)`() async throws {
        for seed in UInt64(0)..<20 {
            let (source, sink) = (MemoryEndpoint(), WatchedSink(MemoryEndpoint()))
            let forge = ImageForge(seed: seed)
            for number in 0..<4 {
                let name = try RepositoryName("app-\(number % 2)")
                try await forge.put(try forge.root(), as: Self.tag("\(number)"), into: source[name])
            }
            let job = try copyJob(source, sink)
            let first = EventLog()
            _ = try await Replicator(job: job, events: first.take).plan()
            let log = try await run(job)
            #expect(Set(first.planned) == Set(log.published), "seed \(seed)")
            let second = EventLog()
            let summary = try await Replicator(job: job, events: second.take).plan()
            #expect(second.planned.isEmpty, "seed \(seed)")
            #expect(summary == PlanSummary(), "seed \(seed)")
            #expect(second.equal.count == 4, "seed \(seed)")
            #expect(sink.violations.isEmpty, "seed \(seed): \(sink.violations)")
        }
    }

    @Test func `a second run writes nothing (G5)`() async throws {
        try await fill(["a", "b/c", "b/d"])
        let sink = WatchedSink(destination)
        let first = try await run(copyJob(source, sink))
        #expect(first.published.count == 6)
        let again = WatchedSink(destination)
        let second = try await run(copyJob(source, again))
        #expect(second.published.isEmpty)
        #expect(second.equal.count == 6)
        let writes = again.watch.operations.filter { operation in
            switch operation {
            case .writeBlob, .writeManifest, .publish: true
            default: false
            }
        }
        #expect(writes.isEmpty)
        #expect(again.watch.count { $0 == .finish } == 1)
    }

    @Test func `manifests are copied byte for byte, however they are written (G6)`() async throws {
        let forge = try await fill(["a", "b", "c"], seed: 7)
        try await run(copyJob(source, destination))
        var compared = 0
        for (name, tags) in try await source.everyTag() {
            for (tag, digest) in tags {
                let copy = try #require(try await destination[name].document(at: .tag(tag)))
                #expect(copy.descriptor.digest == digest)
                #expect(copy.bytes == forge.documents[digest]?.bytes)
                for child in forge.graph(of: copy).descendants.values {
                    let below = try await destination[name].document(at: .digest(child.descriptor.digest))
                    #expect(below?.bytes == child.bytes)
                    compared += 1
                }
            }
        }
        #expect(compared > 0)
    }

    @Test func `a golden manifest keeps its spaces, escapes, order and unknown members (G6)`() async throws {
        let app = source[try RepositoryName("app")]
        let config = app.add(Array("{}".utf8), mediaType: .ociConfig)
        let text = """
            \n{\t"layers" :[ ],"\\u0061nnotations": {"b":"\\/", "a": "\\u00e9é", "big": 1e400},\r
            "config": {"size":2,"digest":"\(config.digest)", "mediaType" :"\(MediaType.ociConfig)", "extra":[[],{}]}
              ,"schemaVersion":2 , "mediaType":"\(MediaType.ociManifest)", "zzz": null } \n
            """
        try await app.publish(ImageBuilder.document(text), as: .latest)
        #expect(try await run(copyJob(source, destination)).failures.isEmpty)
        let copy = try await destination[try RepositoryName("app")].document(at: .tag(.latest))
        #expect(copy?.bytes == Array(text.utf8))
    }

    @Test func `a tag that moved at the source moves at the destination, and only that`() async throws {
        let forge = try await fill(["app"])
        try await run(copyJob(source, destination))
        let name = try RepositoryName("app")
        let old = try #require(try await source[name].resolve(.tag(.latest))?.digest)
        let new = try forge.index(of: [try forge.image(), try forge.image()])
        try await forge.put(new, as: .latest, into: source[name])
        let log = try await run(copyJob(source, destination))
        #expect(log.published.map(\.change) == [.moved(from: old)])
        #expect(log.equal == [.tag(try Self.tag("1"))])
        #expect(try await destination.everyTag() == source.everyTag())
        // The old image stays where it is.
        #expect(try await destination[name].resolve(.digest(old)) != nil)
    }

    @Test func `tags that only the destination has stay`() async throws {
        let forge = try await fill(["app"])
        let name = try RepositoryName("app")
        let own = try forge.image()
        try await forge.put(own, as: Self.tag("own"), into: destination[name])
        try await run(copyJob(source, destination))
        #expect(try await destination[name].resolve(.tag(Self.tag("own"))) == own.descriptor)
        #expect(try await destination[name].tags().all().count == 3)
    }

    @Test func `a layer that may not be copied is left out, and its image copied`() async throws {
        let forge = ImageForge(seed: 1)
        let foreign = Descriptor(
            mediaType: ImageForge.foreign,
            digest: BuiltBlob([7]).descriptor.digest,
            size: 1,
            urls: ["http://169.254.169.254/"]
        )
        let image = try forge.image(config: forge.blob(.ociConfig), layers: [foreign, forge.blob(.ociLayerGzip)])
        let name = try RepositoryName("app")
        try await forge.put(image, as: .latest, into: source[name])
        let watch = Watch()
        let log = try await run(copyJob(WatchedSource(base: source, watch: watch), destination))
        #expect(log.published.map(\.leftOut) == [[foreign]])
        #expect(watch.count { $0 == .blob(name, foreign.digest) } == 0)
        #expect(try await destination[name].resolve(.tag(.latest)) == image.descriptor)
    }

    @Test(arguments: [true, false])
    func `a layer that may not be copied everywhere is copied where that is asked for and the source serves it`(
        isServed: Bool
    ) async throws {
        let forge = ImageForge(seed: 1)
        let bytes = Array("a layer of windows".utf8)
        let foreign = BuiltBlob(bytes, mediaType: ImageForge.foreign).descriptor
        let image = try forge.image(config: forge.blob(.ociConfig), layers: [foreign, forge.blob(.ociLayerGzip)])
        let name = try RepositoryName("app")
        try await forge.put(image, as: .latest, into: source[name])
        if isServed { source[name].add(bytes, mediaType: ImageForge.foreign) }
        let from = try Address("from.lan/app:latest")
        let job = Job(
            source: source,
            destination: destination,
            selection: Selection(from.scope, allTags: false),
            mapping: try NameMapping(from: from, to: try Address("to.lan/app")),
            images: ImageChoice(nonDistributable: .copy)
        )
        let log = try await run(job)
        #expect(log.published.map(\.leftOut) == [isServed ? [] : [foreign]])
        #expect(try await destination[name].contains(foreign) == isServed)
        #expect(try await destination[name].resolve(.tag(.latest)) == image.descriptor)
    }

    @Test func `a manifest that is a layer elsewhere in the repository is written as both (G1)`() async throws {
        for limits in [RunLimits(roots: 1), RunLimits()] {
            let (source, sink) = (MemoryEndpoint(), WatchedSink(MemoryEndpoint()))
            let forge = ImageForge(seed: 2)
            let child = try forge.image()
            let app = source[try RepositoryName("app")]
            // An artifact whose layer has the bytes of a manifest.
            let layer = app.add(child.bytes)
            let artifact = try forge.image(config: forge.blob(.ociConfig), layers: [layer])
            try await forge.put(artifact, as: Self.tag("1-artifact"), into: app)
            try await forge.put(try forge.index(of: [child]), as: Self.tag("2-index"), into: app)
            #expect(try await run(copyJob(source, sink), limits: limits).failures.isEmpty)
            #expect(sink.violations.isEmpty, "\(sink.violations)")
            #expect(try await sink.base.everyTag() == source.everyTag())
        }
    }

    // What goes wrong.

    /// A repository with a good image under `good-0` and `good-1`, to which a test adds a bad one; an older image stands at
    /// the destination under `bad`.
    private func withOldImage(_ forge: ImageForge) async throws -> Digest {
        let name = try RepositoryName("app")
        for number in 0..<2 {
            try await forge.put(try forge.image(), as: Self.tag("good-\(number)"), into: source[name])
        }
        let old = try forge.image()
        try await forge.put(old, as: Self.tag("bad"), into: destination[name])
        return old.descriptor.digest
    }

    private func expectOnlyBadFails(
        _ source: any SourceEndpoint,
        old: Digest,
        _ isExpected: (any Error) -> Bool
    ) async throws {
        let sink = WatchedSink(destination)
        let log = try await run(copyJob(source, sink))
        #expect(log.published.compactMap(\.tag?.text).sorted() == ["good-0", "good-1"])
        #expect(log.failures.keys.sorted() == ["app:bad"])
        let error = try #require(underlying(log.failures["app:bad"]))
        #expect(isExpected(error), "\(error)")
        let name = try RepositoryName("app")
        #expect(try await destination[name].resolve(.tag(Self.tag("bad")))?.digest == old)
        #expect(sink.violations.isEmpty, "\(sink.violations)")
    }

    @Test func `an image whose blob is missing does not stop the others, and its tag stays (G13)`() async throws {
        let forge = ImageForge(seed: 1)
        let old = try await withOldImage(forge)
        let lost = forge.blob(.ociLayerGzip)
        let bad = try forge.image(config: forge.blob(.ociConfig), layers: [forge.blob(.ociLayerGzip), lost])
        try await forge.put(bad, as: Self.tag("bad"), into: source[try RepositoryName("app")])
        var watched = WatchedSource(base: source, watch: Watch())
        watched.lacks = { _, digest in digest == lost.digest }
        try await expectOnlyBadFails(watched, old: old) { $0 as? ContentError == .missing(lost.digest) }
    }

    @Test func `an image whose child is missing does not stop the others, and its tag stays (G13)`() async throws {
        let forge = ImageForge(seed: 1)
        let old = try await withOldImage(forge)
        let lost = try forge.image()
        let bad = try forge.index(of: [try forge.image(), lost])
        try await forge.put(bad, as: Self.tag("bad"), into: source[try RepositoryName("app")])
        var watched = WatchedSource(base: source, watch: Watch())
        watched.lacks = { _, digest in digest == lost.descriptor.digest }
        try await expectOnlyBadFails(watched, old: old) {
            $0 as? GraphError == .missingChild(lost.descriptor.digest, of: bad.descriptor.digest)
        }
    }

    @Test func `wrong bytes never arrive, and do not stop the others (G3, C06)`() async throws {
        let forge = ImageForge(seed: 1)
        let old = try await withOldImage(forge)
        let layer = forge.blob(.ociLayerGzip)
        let bad = try forge.image(config: forge.blob(.ociConfig), layers: [layer])
        let name = try RepositoryName("app")
        try await forge.put(bad, as: Self.tag("bad"), into: source[name])
        let spoilt = SpoilingSource(base: source, digest: layer.digest)
        try await expectOnlyBadFails(spoilt, old: old) { error in
            if case ContentError.wrongDigest(layer.digest, _) = error { true } else { false }
        }
        #expect(try await destination[name].contains(layer) == false)
    }

    @Test(arguments: [
        #"{"schemaVersion":2,"manifests":[],"layers":[]}"#,
        #"{"schemaVersion":1,"fsLayers":[],"history":[],"signatures":[]}"#,
        #"{"schemaVersion":2,"layers":[],"layers":[]}"#,
        "<html>",
    ])
    func `a manifest that cannot be mirrored does not stop the others (G13, C03, C05, C13)`(
        _ text: String
    ) async throws {
        let forge = ImageForge(seed: 1)
        let old = try await withOldImage(forge)
        try await forge.put(try forge.image(), as: Self.tag("bad"), into: source[try RepositoryName("app")])
        let spoilt = SpoilingSource(base: source, manifest: (try Self.tag("bad"), text))
        try await expectOnlyBadFails(spoilt, old: old) { $0 is ManifestError }
    }

    @Test(arguments: [
        #"{"schemaVersion":2,"manifests":[],"layers":[]}"#,
        #"{"schemaVersion":1,"fsLayers":[],"history":[],"signatures":[]}"#,
    ])
    func `a single image that cannot be mirrored is a failure, not a source that does not answer (G13)`(
        _ text: String
    ) async throws {
        try await fill(["app"])
        let spoilt = SpoilingSource(base: source, manifest: (.latest, text))
        let log = try await run(copyJob(spoilt, destination, from: "from.lan/app", to: "to.lan/app"))
        #expect(underlying(log.failures["app:latest"]) is ManifestError)
    }

    @Test func `an image that is not there is a failure`() async throws {
        try await fill(["app"])
        let log = try await run(copyJob(source, destination, from: "from.lan/app:gone", to: "to.lan/app"))
        #expect(underlying(log.failures["app:gone"]) is RootMissing)
        #expect(try await destination.everyTag().isEmpty)
    }

    @Test func `a tag that vanishes between listing and fetching is a failure, its copy stays`() async throws {
        try await fill(["app"])
        try await run(copyJob(source, destination))
        let name = try RepositoryName("app")
        // The source lists the tag, and then does not know it.
        let vanishing = SpoilingSource(base: source, vanished: .latest)
        let log = try await run(copyJob(vanishing, destination))
        #expect(log.failures.keys.sorted() == ["app:latest"])
        #expect(try await destination[name].resolve(.tag(.latest)) != nil)
    }

    @Test(arguments: ["a", "b", "c"])
    func `a repository that does not list its tags is reported, and others go on (G13)`(_ bad: String) async throws {
        try await fill(["a", "b", "c"])
        let watch = Watch { operation, _ in
            if case .tags(let name) = operation, name.text == bad { .fail } else { .none }
        }
        let log = try await run(
            copyJob(WatchedSource(base: source, watch: watch), destination),
            limits: RunLimits(routes: 1)
        )
        #expect(log.failures.keys.sorted() == [bad])
        #expect((log.failures[bad] as? SideFailure)?.side == .source)
        #expect(try await names(destination) == ["a", "b", "c"].filter { $0 != bad })
    }

    @Test func `a repository whose name becomes too long is reported, and others go on`() async throws {
        let long = String(repeating: "x", count: 250)
        try await fill(["a", long])
        let log = try await run(copyJob(source, destination, to: "to.lan/mirror"))
        #expect(log.failures.keys.sorted() == [long])
        #expect(log.failures[long] is NameError)
        #expect(try await names(destination) == ["mirror/a"])
    }

    @Test func `a source that does not list its repositories ends the run`() async throws {
        let watch = Watch { operation, _ in operation == .catalog ? .fail : .none }
        let error = await failure { try await run(copyJob(WatchedSource(base: source, watch: watch), destination)) }
        #expect((error as? SideFailure)?.side == .source)
        #expect(underlying(error) as? Fault == Fault(operation: .catalog))
    }

    @Test(arguments: ["from.lan/", "from.lan/app", "from.lan/app:latest"])
    func `a destination that never answers ends the run`(_ from: String) async throws {
        try await fill(["app", "b", "c"])
        let sink = WatchedSink(destination, Watch { _, _ in .fail })
        let to = from == "from.lan/" ? "to.lan/" : "to.lan/app"
        let job = try copyJob(source, sink, from: from, to: to, allTags: from.hasSuffix("app"))
        let error = await failure { try await run(job) }
        #expect((error as? SideFailure)?.side == .destination)
        #expect(underlying(error) is Fault)
        #expect(try await destination.everyTag().isEmpty)
    }

    @Test(arguments: ["from.lan/app", "from.lan/app:latest"])
    func `a source that never answers ends the run`(_ from: String) async throws {
        let watched = WatchedSource(base: source, watch: Watch { _, _ in .fail })
        let job = try copyJob(watched, destination, from: from, to: "to.lan/app", allTags: from.hasSuffix("app"))
        let error = await failure { try await run(job) }
        #expect((error as? SideFailure)?.side == .source)
    }

    @Test func `a destination that fails later does not end the run`() async throws {
        try await fill(["a", "b", "c"])
        let watch = Watch { operation, _ in
            if case .publish(let name, _) = operation, name.text == "b" { .fail } else { .none }
        }
        let sink = WatchedSink(destination, watch)
        let log = try await run(copyJob(source, sink))
        #expect(log.failures.keys.sorted() == ["b:1", "b:latest"])
        #expect(log.failures.values.allSatisfy { ($0 as? SideFailure)?.side == .destination })
        #expect(try await names(destination) == ["a", "c"])
    }

    @Test func `a destination that does not make its writes last fails the run`() async throws {
        try await fill(["a"])
        let sink = WatchedSink(destination, Watch { operation, _ in operation == .finish ? .fail : .none })
        let error = await failure { try await run(copyJob(source, sink)) }
        #expect((error as? SideFailure)?.side == .destination)
        #expect(underlying(error) as? Fault == Fault(operation: .finish))
    }

    @Test func `after a blob has failed, no other of its image is begun`() async throws {
        let forge = ImageForge(seed: 1)
        let layers = (0..<40).map { _ in forge.blob(.ociLayerGzip) }
        let image = try forge.image(config: forge.blob(.ociConfig), layers: layers)
        try await forge.put(image, as: .latest, into: source[try RepositoryName("app")])
        let watch = Watch { operation, _ in if case .blob = operation { .fail } else { .none } }
        let log = try await run(
            copyJob(WatchedSource(base: source, watch: watch), destination),
            limits: RunLimits(blobs: 2)
        )
        #expect(log.failures.count == 1)
        #expect(watch.count { if case .blob = $0 { true } else { false } } <= 2)
    }

    // Interruption and faults.

    @Test func `cancellation at any moment throws, and every tag has its whole closure (G1)`() async throws {
        let forge = ImageForge(seed: 11)
        for number in 0..<6 {
            let name = try RepositoryName("app-\(number % 3)")
            try await forge.put(try forge.root(), as: Self.tag("\(number)"), into: source[name])
        }
        var interrupted = 0
        for moment in 1..<90 {
            let target = MemoryEndpoint()
            let running = Shared<Task<EventLog, any Error>?>(nil)
            let sink = WatchedSink(
                target,
                Watch { _, number in
                    // The first operation can come before the task is known here.
                    while running.value == nil { await Task.yield() }
                    if number == moment { running.value?.cancel() }
                    return .delay
                }
            )
            let job = try copyJob(source, sink)
            let task = Task { try await run(job) }
            running.change { $0 = task }
            let error = await failure { try await task.value }
            if sink.watch.operations.count >= moment, error != nil {
                #expect(error is CancellationError, "moment \(moment): \(String(describing: error))")
                interrupted += 1
            }
            #expect(sink.violations.isEmpty, "moment \(moment): \(sink.violations)")
            #expect(try await target.missing().isEmpty, "moment \(moment)")
            // Whatever was left, the next run completes it.
            #expect(try await run(copyJob(source, target)).failures.isEmpty)
            #expect(try await target.everyTag() == source.everyTag(), "moment \(moment)")
        }
        #expect(interrupted > 20)
    }

    @Test(arguments: 0..<24)
    func `whatever fails, no tag is ahead of its content, and a run without faults completes the work (G1, G2, G13)`(
        _ block: UInt64
    ) async throws {
        for seed in block * 10..<block * 10 + 10 {
            let world = try await World(seed: seed)
            try await world.suffer()
            try await world.recover()
        }
    }
}

/// A random source, a random destination, and random faults on both; the same for the same seed.
private struct World {
    let seed: UInt64
    let source = MemoryEndpoint(name: "from.lan")
    let destination = MemoryEndpoint(name: "to.lan")
    let forge: ImageForge

    init(seed: UInt64) async throws {
        self.seed = seed
        forge = ImageForge(seed: seed)
        for repository in 0..<forge.random.next(in: 1...3) {
            let name = try RepositoryName("app-\(repository)")
            for tag in 0..<forge.random.next(in: 1...4) {
                let tag = try TagName("v\(tag)")
                // Sometimes the destination has an older image, or the same, or only some of its blobs.
                if forge.chance(1, in: 3) {
                    try await forge.put(try forge.root(), as: tag, into: destination[name])
                }
                let root = try forge.root()
                try await forge.put(root, as: tag, into: source[name])
                if forge.chance(1, in: 5) { try await forge.put(root, as: tag, into: destination[name]) }
                for blob in root.manifest.blobs where forge.chance(1, in: 5) {
                    if let bytes = forge.blobs[blob.digest] { destination[name].add(bytes) }
                }
            }
        }
    }

    /// Which operations suffer what, by seed, run and number alone, so that a failing seed fails again as nearly as tasks
    /// that run side by side allow.
    private func watch(_ run: UInt64, _ faults: Int) -> Watch {
        let seed = seed
        return Watch { operation, number in
            guard operation != .catalog else { return .none }
            var random = SeededRandom(seed: seed &* 31 &+ run &* 7 &+ UInt64(number) &* 1_000_003)
            switch random.next(in: 0...99) {
            case 0..<faults: return .fail
            case faults..<2 * faults: return .loseAnswer
            case 2 * faults..<2 * faults + 20: return .delay
            default: return .none
            }
        }
    }

    /// Runs some times with faults.
    func suffer() async throws {
        for run in 0..<UInt64(forge.random.next(in: 1...3)) {
            let before = try await destination.everyTag()
            let faults = forge.random.next(in: 0...12)
            let sink = WatchedSink(destination, watch(run, faults), listsDigests: forge.chance(1, in: 2))
            var watched = WatchedSource(base: source, watch: watch(run &+ 100, faults))
            watched.listsDigests = forge.chance(1, in: 2)
            let log = EventLog()
            let limits = RunLimits(routes: 2, roots: forge.random.next(in: 1...4), blobs: forge.random.next(in: 1...3))
            let replicator = Replicator(job: try copyJob(watched, sink), limits: limits, events: log.take)
            let error = await failure { try await replicator.run() }
            #expect(error == nil || error is SideFailure, "seed \(seed): \(String(describing: error))")
            #expect(sink.violations.isEmpty, "seed \(seed): \(sink.violations)")
            #expect(try await destination.missing().isEmpty, "seed \(seed)")
            try await expectTags(before, log, isEnded: error != nil)
        }
    }

    /// Every tag points to what it pointed to, or to what the source has; what was reported as published or equal is so, and
    /// what is neither was reported as a failure.
    private func expectTags(
        _ before: [RepositoryName: [TagName: Digest]],
        _ log: EventLog,
        isEnded: Bool
    ) async throws {
        let after = try await destination.everyTag()
        let wanted = try await source.everyTag()
        for (name, tags) in after {
            for (tag, digest) in tags {
                let isKnown = digest == before[name]?[tag] || digest == wanted[name]?[tag]
                #expect(isKnown, "seed \(seed): \(name):\(tag)")
            }
        }
        for plan in log.published {
            guard let tag = plan.tag else { continue }
            #expect(after[plan.route.destination]?[tag] == plan.root.descriptor.digest, "seed \(seed)")
        }
        guard !isEnded else { return }
        let failures = log.failures
        for (name, tags) in wanted {
            for (tag, digest) in tags where after[name]?[tag] != digest {
                #expect(failures["\(name):\(tag)"] != nil || failures["\(name)"] != nil, "seed \(seed): \(name):\(tag)")
            }
        }
    }

    /// Runs once without faults.
    func recover() async throws {
        let sink = WatchedSink(destination)
        let log = try await run(copyJob(source, sink))
        #expect(log.failures.isEmpty, "seed \(seed): \(log.failures)")
        #expect(sink.violations.isEmpty, "seed \(seed): \(sink.violations)")
        let (have, want) = (try await destination.everyTag(), try await source.everyTag())
        for (name, tags) in want {
            #expect(have[name]?.merging(tags) { $1 } == have[name], "seed \(seed): \(name)")
        }
        #expect(try await destination.missing().isEmpty, "seed \(seed)")
    }
}
