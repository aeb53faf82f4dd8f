// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

/// What looking costs, and how far it goes.
@Suite struct SurveyorTests {
    private let base = MemoryEndpoint(name: "from.lan")
    private let destination = MemoryEndpoint(name: "to.lan")
    private let name: RepositoryName
    private let watch = Watch()
    private let sinkWatch = Watch()
    private let forge = ImageForge(seed: 1)

    init() throws { name = try RepositoryName("app") }

    private func run(
        from: String = "from.lan/app",
        allTags: Bool = true,
        listsDigests: Bool = false,
        limits: RunLimits = RunLimits()
    ) async throws -> EventLog {
        var source = WatchedSource(base: base, watch: watch)
        source.listsDigests = listsDigests
        let sink = WatchedSink(destination, sinkWatch, listsDigests: listsDigests)
        return try await ReplicationTests.run(
            copyJob(source, sink, from: from, to: "to.lan/app", allTags: allTags),
            limits: limits
        )
    }

    private func documents(_ watch: Watch) -> Int {
        watch.count { if case .document = $0 { true } else { false } }
    }

    private func resolves(_ watch: Watch) -> Int { watch.count { if case .resolve = $0 { true } else { false } } }

    private func put(_ tags: [String], into endpoint: MemoryEndpoint) async throws {
        for tag in tags { try await forge.put(try forge.image(), as: TagName(tag), into: endpoint[name]) }
    }

    @Test(arguments: [false, true])
    func `a tag that is absent costs one document and no question (G5)`(_ listsDigests: Bool) async throws {
        try await put(["1", "2", "3"], into: base)
        #expect(try await run(listsDigests: listsDigests).published.count == 3)
        #expect(documents(watch) == 3)
        #expect(resolves(watch) == 0)
        #expect(resolves(sinkWatch) == 0)
        #expect(watch.count { $0 == .tags(name) } == 1)
        #expect(sinkWatch.count { $0 == .tags(name) } == 1)
        #expect(sinkWatch.count { if case .contains = $0 { true } else { false } } == 0)
        #expect(documents(sinkWatch) == 0)
    }

    @Test func `a tag that is equal costs one question a side (G5)`() async throws {
        try await put(["1", "2", "3"], into: base)
        try await ReplicationTests.run(copyJob(base, destination))
        #expect(try await run().equal.count == 3)
        #expect(documents(watch) == 0)
        #expect(resolves(watch) == 3)
        #expect(resolves(sinkWatch) == 3)
    }

    @Test func `where listings say digests, an equal tag costs nothing (G5)`() async throws {
        try await put(["1", "2", "3"], into: base)
        try await ReplicationTests.run(copyJob(base, destination))
        #expect(try await run(listsDigests: true).equal.count == 3)
        #expect(watch.operations == [.tags(name)])
        #expect(sinkWatch.operations == [.tags(name), .finish])
    }

    @Test(arguments: [false, true])
    func `a tag that moved is opened by its digest, once`(_ listsDigests: Bool) async throws {
        try await put(["1"], into: base)
        try await put(["1"], into: destination)
        #expect(try await run(listsDigests: listsDigests).published.count == 1)
        let digest = try #require(try await base[name].resolve(.tag(TagName("1")))?.digest)
        #expect(watch.count { $0 == .document(name, .digest(digest)) } == 1)
        #expect(documents(watch) == 1)
        #expect(resolves(watch) == (listsDigests ? 0 : 1))
        #expect(resolves(sinkWatch) == (listsDigests ? 0 : 1))
    }

    @Test func `one image is asked for at the destination, and tags are listed once, for its signatures`() async throws
    {
        try await put(["1"], into: base)
        #expect(try await run(from: "from.lan/app:1", allTags: false).published.count == 1)
        let tag = Target.tag(try TagName("1"))
        let questions = watch.operations.filter { if case .blob = $0 { false } else { true } }
        #expect(questions == [.document(name, tag), .tags(name)])
        #expect(sinkWatch.operations.first == .resolve(name, tag))
        #expect(resolves(sinkWatch) == 1)
    }

    @Test(arguments: [1, 32])
    func `children that tags share are fetched once, also side by side (G5)`(_ roots: Int) async throws {
        let children = [try forge.image(), try forge.image(), try forge.image()]
        for number in 0..<12 {
            let root = try forge.index(of: children + [try forge.image()])
            try await forge.put(root, as: TagName("v\(number)"), into: base[name])
        }
        #expect(try await run(limits: RunLimits(roots: roots)).published.count == 12)
        for child in children {
            #expect(watch.count { $0 == .document(name, .digest(child.descriptor.digest)) } == 1)
            #expect(sinkWatch.count { $0 == .writeManifest(name, child.descriptor.digest) } == 1)
        }
        #expect(documents(watch) == 12 + 12 + 3)
    }

    @Test func `a child that could not be fetched for one image is asked for again for another`() async throws {
        let child = try forge.image()
        for number in 0..<3 {
            let root = try forge.index(of: [child, try forge.image()])
            try await forge.put(root, as: TagName("v\(number)"), into: base[name])
        }
        let wanted = Operation.document(name, .digest(child.descriptor.digest))
        let attempts = Shared(0)
        let flaky = Watch { operation, _ in
            guard operation == wanted else { return .none }
            return attempts.change {
                $0 += 1; return $0
            } == 1 ? .fail : .none
        }
        let log = try await ReplicationTests.run(copyJob(WatchedSource(base: base, watch: flaky), destination))
        #expect(log.failures.count == 1)
        #expect(log.published.count == 2)
        #expect(attempts.value == 2)
    }

    // How far an image is followed.

    private func survey(_ root: ManifestDocument, limits: GraphLimits = GraphLimits()) async throws -> RootSurvey {
        try await forge.put(root, as: .latest, into: base[name])
        let job = try copyJob(WatchedSource(base: base, watch: watch), destination)
        var surveyor = Surveyor(job: job, contact: SideContact())
        surveyor.limits = limits
        let candidate = Candidate(
            route: Route(source: name, destination: name),
            target: .tag(.latest),
            tag: .latest,
            mayBePresent: false
        )
        return try await surveyor.survey(candidate, DocumentCache())
    }

    @Test func `an image is opened to its lowest manifest`() async throws {
        for seed in UInt64(0)..<40 {
            let forge = ImageForge(seed: seed)
            let root = try forge.root(depth: 6)
            try await forge.put(root, as: .latest, into: base[name])
            let job = try copyJob(base, destination)
            let candidate = Candidate(
                route: Route(source: name, destination: name),
                target: .tag(.latest),
                tag: .latest,
                mayBePresent: false
            )
            let survey = try await Surveyor(job: job, contact: SideContact()).survey(candidate, DocumentCache())
            #expect(survey.finding == .new(forge.graph(of: root)), "seed \(seed)")
        }
    }

    @Test func `indexes that stand in each other too deep are not fetched to the end (C10)`() async throws {
        var root = try forge.image()
        for _ in 0..<12 { root = try forge.index(of: [root]) }
        let error = await failure { try await survey(root) }
        #expect(underlying(error) as? GraphError == .tooDeep(limit: 8))
        #expect(documents(watch) == 1 + 8)
    }

    @Test func `too many manifests are refused before one of them is fetched (C10)`() async throws {
        let children = try (0..<20).map { _ in try forge.image() }
        let root = try forge.index(of: children)
        let error = await failure { try await survey(root, limits: GraphLimits(manifests: 20)) }
        #expect(underlying(error) as? GraphError == .tooManyManifests(limit: 20))
        #expect(documents(watch) == 1)
        #expect(await failure { try await survey(root, limits: GraphLimits(manifests: 21)) } == nil)
    }

    @Test func `an index of a thousand entries is refused by the limit that stands in the program (C10)`() async throws
    {
        let entries = (0..<1000)
            .map { number in
                let digest = BuiltBlob([UInt8(number & 255), UInt8(number >> 8)]).descriptor.digest
                return #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(digest)","size":2}"#
            }
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(entries.joined(separator: ","))]}"#
        let document = try ImageBuilder.document(text)
        let spoilt = SpoilingSource(base: base, manifest: (.latest, text))
        try await put(["latest"], into: base)
        let log = try await ReplicationTests.run(copyJob(spoilt, destination))
        #expect(underlying(log.failures["app:latest"]) as? GraphError == .tooManyManifests(limit: 1000))
        #expect(document.manifest.children.count == 1000)
    }

    @Test func `manifests of too many bytes in all are not fetched to the end (C10)`() async throws {
        let children = try (0..<10).map { _ in try forge.image() }
        let root = try forge.index(of: children)
        let limit = root.bytes.count + children[0].bytes.count + children[1].bytes.count
        let error = await failure { try await survey(root, limits: GraphLimits(bytes: limit)) }
        #expect(underlying(error) as? GraphError == .tooManyBytes(limit: limit))
        #expect(documents(watch) == 1 + 3)
    }

    @Test func `a child that is not what its index says is refused (C04, C09)`() async throws {
        let child = try forge.image()
        let entry = #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(child.descriptor.digest)","size":7}"#
        let text = #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(entry)]}"#
        try await forge.put(child, as: .latest, into: base[name])
        let root = try ImageBuilder.document(text).descriptor.digest
        let log = try await ReplicationTests.run(
            copyJob(SpoilingSource(base: base, manifest: (.latest, text)), destination)
        )
        let error = underlying(log.failures["app:latest"])
        #expect(error as? GraphError == .mismatchedChild(child.descriptor.digest, of: root))
    }
}
