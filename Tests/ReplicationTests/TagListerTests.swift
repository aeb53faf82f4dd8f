// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

/// What rules take of the tags of a repository, and what finding that out costs.
@Suite struct TagListerTests {
    private let base = MemoryEndpoint(name: "from.lan")
    private let destination = MemoryEndpoint(name: "to.lan")
    private let watch = Watch()
    private let dates = DateBook()
    private let app: RepositoryName

    /// 2026-01-01.
    private static let newYear: Int64 = 1_767_225_600

    init() throws { app = try RepositoryName("app") }

    /// Puts an image with a configuration of this text there.
    @discardableResult
    private func put(_ tag: String?, configuration: String, in name: RepositoryName? = nil) async throws
        -> ManifestDocument
    {
        let place = base[name ?? app]
        let config = place.add(Array(configuration.utf8), mediaType: .ociConfig)
        let image = try ImageBuilder.manifest(config: config, layers: [])
        if let tag { try await place.publish(image, as: TagName(tag)) } else { try await place.write(image) }
        return image
    }

    /// Puts an image there that was made so many days after 2026-01-01.
    @discardableResult
    private func put(_ tag: String?, day: Int, in name: RepositoryName? = nil) async throws -> ManifestDocument {
        let date = "2026-01-\(day < 9 ? "0" : "")\(day + 1)T00:00:00.123456789Z"
        return try await put(
            tag,
            configuration: #"{"created":"\#(date)","config":{"Labels":{"tag":"\#(tag ?? "")"}}}"#,
            in: name
        )
    }

    private func source(listsDigests: Bool = false, pushed: [String: Int64] = [:]) -> WatchedSource {
        var source = WatchedSource(base: base, watch: watch)
        source.listsDigests = listsDigests
        source.details = { tag in pushed[tag.text].map { TagEntry.Details(pushed: $0) } }
        return source
    }

    /// The tags that a rule takes of the repository, sorted, and what becomes of the others.
    private func judged(
        _ rule: TagRule,
        listsDigests: Bool = false,
        pushed: [String: Int64] = [:],
        now: Int64 = newYear
    ) async throws -> (taken: [String], verdicts: [String: TagVerdict]) {
        let lister = TagLister(
            source: source(listsDigests: listsDigests, pushed: pushed),
            selection: .rules(.init(try rules(["app"], tags: rule), below: nil, now: now)),
            hints: dates,
            contact: SideContact()
        )
        let request = RouteRequest(route: Route(source: app, destination: app), images: .tags(rule), isNamed: true)
        let judged = try await lister.judged(request, by: rule)
        let verdicts = Dictionary(judged.map { ($0.entry.tag.text, $0.verdict) }) { $1 }
        return (judged.filter(\.verdict.isTaken).map(\.entry.tag.text), verdicts)
    }

    private static func pattern(_ text: String) throws -> TagPattern { try TagPattern(text) }

    @Test func `names and versions cost the listing alone`() async throws {
        for tag in ["1.2", "1.10", "1.10-alpine", "2.0-rc1", "latest", "dev"] { try await put(tag, day: 0) }
        let rule = TagRule(
            include: [try Self.pattern("1.*"), try Self.pattern("latest")],
            versions: try VersionRange("1.x"),
            newest: .init(count: 1, by: .version)
        )
        #expect(try await judged(rule).taken == ["1.10", "1.10-alpine"])
        #expect(watch.operations == [.tags(app)])
    }

    @Test(arguments: [false, true])
    func `an unknown date costs a manifest and a configuration, and a question where no digest is listed`(
        _ listsDigests: Bool
    ) async throws {
        for day in 0..<4 { try await put("v\(day)", day: day) }
        let rule = TagRule(newest: .init(count: 2, by: .date))
        #expect(try await judged(rule, listsDigests: listsDigests).taken == ["v2", "v3"])
        #expect(watch.documents == 4)
        #expect(watch.blobs == 4)
        #expect(watch.questions == (listsDigests ? 0 : 4))
        #expect(dates.all.values.sorted() == (0..<4).map { Self.newYear + $0 * 86_400 })
    }

    @Test(arguments: [false, true])
    func `a date that is known costs one question, or none where digests are listed`(_ listsDigests: Bool) async throws
    {
        for day in 0..<4 { try await put("v\(day)", day: day) }
        let rule = TagRule(newest: .init(count: 2, by: .date))
        _ = try await judged(rule, listsDigests: listsDigests)
        let before = watch.operations.count
        #expect(try await judged(rule, listsDigests: listsDigests).taken == ["v2", "v3"])
        let later = watch.operations.dropFirst(before)
        #expect(later.count == (listsDigests ? 1 : 5))
        #expect(later.allSatisfy { if case .resolve = $0 { !listsDigests } else { $0 == .tags(app) } })
    }

    @Test func `the dates of a listing cost nothing, and count before those of images`() async throws {
        for day in 0..<4 { try await put("v\(day)", day: day) }
        let pushed = ["v0": 9, "v1": 8, "v2": 7, "v3": 6].mapValues { Self.newYear + $0 * 86_400 }
        let rule = TagRule(newest: .init(count: 2, by: .date))
        let (taken, verdicts) = try await judged(rule, pushed: pushed)
        #expect(taken == ["v0", "v1"])
        #expect(watch.operations == [.tags(app)])
        let date = TagDate(seconds: Self.newYear + 9 * 86_400, kind: .pushed)
        let place = NewestPlace(place: 1, count: 2, order: .date, variant: nil)
        #expect(verdicts["v0"] == .taken(TakenReason(date: date, place: place)))
        #expect(dates.all.isEmpty)
    }

    @Test func `only tags of which a listing has no date are asked for theirs`() async throws {
        for day in 0..<4 { try await put("v\(day)", day: day) }
        let pushed = ["v0": Self.newYear + 9 * 86_400, "v1": Self.newYear]
        let rule = TagRule(newest: .init(count: 2, by: .date))
        #expect(try await judged(rule, listsDigests: true, pushed: pushed).taken == ["v0", "v3"])
        #expect(watch.documents == 2)
        #expect(watch.questions == 0)
    }

    @Test func `a tag that moved is asked for anew, the others are not`() async throws {
        for day in 0..<4 { try await put("v\(day)", day: day) }
        let rule = TagRule(newest: .init(count: 1, by: .date))
        #expect(try await judged(rule, listsDigests: true).taken == ["v3"])
        try await put("v0", day: 9)
        let before = watch.operations.count
        #expect(try await judged(rule, listsDigests: true).taken == ["v0"])
        #expect(watch.operations.count == before + 3)
    }

    @Test func `only tags that names leave in doubt are asked for their dates`() async throws {
        let companion = "sha256-\(String(repeating: "0", count: 64)).sig"
        for (day, tag) in ["1.0", "1.1", "1.1-dev", "latest", companion].enumerated() { try await put(tag, day: day) }
        let rule = TagRule(
            exclude: [try Self.pattern("*-dev")],
            versions: try VersionRange("1.x"),
            newest: .init(count: 1, by: .date)
        )
        let (taken, verdicts) = try await judged(rule)
        #expect(taken == ["1.1"])
        #expect(watch.questions == 2)
        #expect(watch.documents == 2)
        #expect(verdicts[companion] == .dropped(.companion))
        #expect(verdicts["latest"] == .dropped(.noVersion))
        #expect(verdicts["1.1-dev"] == .dropped(.excluded(by: try Self.pattern("*-dev"))))
    }

    @Test func `a window reaches back from the time of the run, and includes its edge`() async throws {
        for day in 0..<6 { try await put("v\(day)", day: day) }
        let now = Self.newYear + 5 * 86_400
        let (taken, verdicts) = try await judged(TagRule(pushedWithin: 2 * 86_400), now: now)
        #expect(taken == ["v3", "v4", "v5"])
        let date = TagDate(seconds: Self.newYear + 2 * 86_400, kind: .created)
        #expect(verdicts["v2"] == .dropped(.tooOld(date, since: now - 2 * 86_400)))
    }

    @Test(arguments: [
        #"{"architecture":"amd64"}"#, "{}", "no JSON", #"{"created":"0001-01-01T00:00:00Z"}"#,
        #"{"created":"yesterday"}"#, "[]",
    ])
    func `an image that does not say when it was made is left out, and is no failure`(_ configuration: String)
        async throws
    {
        try await put("dated", day: 1)
        try await put("undated", configuration: configuration)
        let (taken, verdicts) = try await judged(TagRule(pushedWithin: 86_400))
        #expect(taken == ["dated"])
        #expect(verdicts["undated"] == .dropped(.noDate))
        #expect(dates.all.count == 1)
    }

    @Test func `a configuration that is too long is not read`() async throws {
        let filler = String(repeating: "x", count: 1 << 20)
        try await put("long", configuration: #"{"created":"2026-01-02T00:00:00Z","x":"\#(filler)"}"#)
        #expect(try await judged(TagRule(pushedWithin: 1)).verdicts["long"] == .dropped(.noDate))
        #expect(watch.blobs == 0)
    }

    @Test func `of an index the first child that says its date counts`() async throws {
        let attestation = try await put(nil, configuration: #"{"architecture":"unknown"}"#)
        let children = [attestation, try await put(nil, day: 3), try await put(nil, configuration: "{}")]
        try await base[app].publish(ImageForge(seed: 1).index(of: children), as: TagName("multi"))
        let (_, verdicts) = try await judged(TagRule(newest: .init(count: 1, by: .date)), listsDigests: true)
        let date = TagDate(seconds: Self.newYear + 3 * 86_400, kind: .created)
        let place = NewestPlace(place: 1, count: 1, order: .date, variant: nil)
        #expect(verdicts["multi"] == .taken(TakenReason(date: date, place: place)))
        // The index and two children, of which two configurations.
        #expect(watch.documents == 3)
        #expect(watch.blobs == 2)
    }

    @Test func `an index of many undated children is not followed to its end`() async throws {
        var children: [ManifestDocument] = []
        for number in 0..<40 { children.append(try await put(nil, configuration: #"{"n":\#(number)}"#)) }
        try await base[app].publish(ImageForge(seed: 1).index(of: children), as: TagName("multi"))
        #expect(try await judged(TagRule(pushedWithin: 1), listsDigests: true).verdicts["multi"] == .dropped(.noDate))
        #expect(watch.documents == 5)
    }

    @Test func `an image that is named twice is taken by its date once`() async throws {
        let image = try await put("a", day: 2)
        try await base[app].publish(image, as: TagName("b"))
        #expect(try await judged(TagRule(pushedWithin: 86_400), listsDigests: true).taken == ["a", "b"])
        #expect(dates.all.count == 1)
    }

    @Test func `where a date cannot be fetched, its repository fails, and the others go on`() async throws {
        let other = try RepositoryName("other")
        try await put("1", day: 1)
        try await put("1", day: 1, in: other)
        let image = try await put("2", day: 2)
        var source = source()
        let digest = image.descriptor.digest
        let config = try #require(image.manifest.blobs.first?.digest)
        source.lacks = { name, wanted in name.text == "app" && wanted == config }
        let job = try ruledJob(rules(["**"], tags: TagRule(newest: .init(count: 1, by: .date))), source, destination)
        let log = try await run(job)
        #expect(log.published.map(\.route.destination) == [other])
        #expect(log.failures.keys.sorted() == ["app"])
        #expect(underlying(log.failures["app"]) as? ContentError == .missing(config))
        #expect(try await destination[app].tags().all().isEmpty)
        #expect(try await base[app].resolve(.tag(TagName("2")))?.digest == digest)
    }

    @Test func `a tag that is gone when its date is asked for is left out`() async throws {
        try await put("1", day: 1)
        try await put("2", day: 2)
        let place = SpoilingSource(base: base, vanished: try TagName("2"))
        let job = try ruledJob(rules(["app"], tags: TagRule(newest: .init(count: 1, by: .date))), place, destination)
        let log = try await run(job)
        #expect(log.failures.isEmpty)
        #expect(log.published.map(\.tag?.text) == ["1"])
    }

    @Test func `a run copies what the rules take, from each repository its own`() async throws {
        let names = try ["app", "web"].map { try RepositoryName($0) }
        for name in names { for day in 0..<3 { try await put("1.\(day)", day: day, in: name) } }
        let list = RepositoryRules(rules: [
            RepositoryRule(
                pattern: try RepositoryPattern("app"),
                tags: TagRule(newest: .init(count: 1, by: .version)),
                rename: try NameTemplate("hub/{name}")
            ),
            RepositoryRule(
                pattern: try RepositoryPattern("*"),
                tags: TagRule(include: [try Self.pattern("/1[.][01]/")])
            ),
        ])
        let log = try await run(ruledJob(list, source(), destination))
        #expect(log.failures.isEmpty)
        let tags = try await destination.everyTag()
        #expect(
            tags.flatMap { name, tags in tags.keys.map { "\(name):\($0)" } }.sorted() == [
                "hub/app:1.2", "web:1.0", "web:1.1",
            ]
        )
        #expect(try await destination.missing().isEmpty)
    }

    @Test func `a repository that is named must have something, one of the catalog need not`() async throws {
        base[try RepositoryName("empty")].add([1])
        let log = try await run(ruledJob(rules(["*", "gone"]), source(), destination))
        #expect(log.failures.keys.sorted() == ["gone"])
        #expect(underlying(log.failures["gone"]) is RepositoryEmpty)
    }

    @Test func `references copy what is listed, and a digest under a tag of its own`() async throws {
        let first = try await put("1", day: 1)
        try await put("2", day: 2)
        try await put("3", day: 3)
        let untagged = try await put(nil, day: 4)
        let job = Job(
            source: source(),
            destination: destination,
            selection: .references([
                .init(app, .tag(try TagName("1"))), .init(app, .digest(untagged.descriptor.digest)),
                .init(app, .tag(try TagName("3"))), .init(app, .tag(try TagName("4"))),
            ]),
            mapping: try mapping(to: "to.lan/hub")
        )
        let log = try await run(job)
        let hub = try RepositoryName("hub/app")
        #expect(log.failures.keys.sorted() == ["app:4"])
        #expect(underlying(log.failures["app:4"]) as? RootMissing == RootMissing(target: .tag(try TagName("4"))))
        let made = try TagName("pinned-sha256-\(untagged.descriptor.digest.hex)")
        #expect(try await destination[hub].tags().all().map(\.tag.text) == ["1", "3", made.text])
        #expect(try await destination[hub].document(at: .tag(TagName("1"))) == first)
        #expect(try await destination[hub].document(at: .digest(untagged.descriptor.digest)) == untagged)
        // What is listed one by one is not looked for by listing; its signatures are, once.
        #expect(watch.count { $0 == .tags(app) } == 1)
        #expect(!watch.operations.contains(.catalog))
        let again = try await run(job)
        #expect(again.published.isEmpty)
        #expect(again.equal.count == 3)
    }
}
