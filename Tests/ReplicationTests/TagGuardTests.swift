// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

/// How jobs that do not overwrite everything treat the destination's tags, and what a run remembers of them.
@Suite struct TagGuardTests {
    private let source = MemoryEndpoint(name: "from.lan")
    private let destination = MemoryEndpoint(name: "to.lan")
    private let watch = Watch()
    private let forge = ImageForge(seed: 9)
    private let app: RepositoryName
    private let tag: TagName

    init() throws {
        app = try RepositoryName("app")
        tag = try TagName("1")
    }

    /// Puts a new image at a side.
    @discardableResult
    private func put(_ tag: TagName? = nil, at endpoint: MemoryEndpoint) async throws -> Digest {
        let image = try forge.image()
        try await forge.put(image, as: tag ?? self.tag, into: endpoint[app])
        return image.descriptor.digest
    }

    private func there(_ tag: TagName? = nil) async throws -> Digest? {
        try await destination[app].resolve(.tag(tag ?? self.tag))?.digest
    }

    private func job(
        _ overwrite: OverwriteRule,
        _ memory: any TagMemory = NoTagMemory(),
        _ sinkWatch: Watch = Watch(),
        listsDigests: Bool = false
    ) throws -> Job {
        var place = WatchedSource(base: source, watch: watch)
        place.listsDigests = listsDigests
        return try ruledJob(
            rules(["app"]),
            place,
            WatchedSink(destination, sinkWatch, listsDigests: listsDigests),
            overwrite: overwrite,
            memory: memory
        )
    }

    private func refusals(_ log: EventLog) -> [Refusal] {
        log.events.compactMap { if case .refused(_, _, let refusal) = $0 { refusal } else { nil } }
    }

    /// Publishes another image at the destination as soon as an operation begins for which a condition holds.
    private func interfering(
        _ other: ManifestDocument,
        when condition: @escaping @Sendable (Operation) -> Bool
    ) -> Watch {
        let (destination, app, tag) = (destination, app, tag)
        let isDone = Shared(false)
        return Watch { operation, _ in
            guard condition(operation),
                isDone.change({
                    let was = $0; $0 = true; return !was
                })
            else { return .none }
            do { try await destination[app].publish(other, as: tag) } catch { Issue.record(error) }
            return .none
        }
    }

    /// An image that is at the destination, and has no tag there.
    private func untagged() async throws -> ManifestDocument {
        let image = try forge.image()
        try await forge.put(image, as: nil, into: destination[app])
        return image
    }

    @Test(arguments: [OverwriteRule.never, .ifUnchanged(isTwoWay: false), .ifUnchanged(isTwoWay: true)])
    func `a tag that appears while its image is copied is not overwritten`(_ rule: OverwriteRule) async throws {
        let new = try await put(at: source)
        let other = try await untagged()
        let book = TagBook()
        let sinkWatch = interfering(other) { if case .writeBlob = $0 { true } else { false } }
        let log = try await run(job(rule, book, sinkWatch))
        #expect(log.published.isEmpty)
        let old = other.descriptor.digest
        #expect(refusals(log) == [Refusal(new: new, old: old, reason: .changedMeanwhile(nil))])
        #expect(try await there() == old)
        #expect(book.notes == ["! app:1"])
    }

    @Test func `a tag that moves while its image is copied is not overwritten`() async throws {
        let old = try await put(at: destination)
        let new = try await put(at: source)
        let other = try await untagged()
        let sinkWatch = interfering(other) { if case .writeBlob = $0 { true } else { false } }
        let log = try await run(job(.ifUnchanged(isTwoWay: false), TagBook(["app:1": old]), sinkWatch))
        let now = other.descriptor.digest
        #expect(refusals(log) == [Refusal(new: new, old: now, reason: .changedMeanwhile(old))])
        #expect(try await there() == now)
    }

    @Test func `a tag that is deleted while its image is copied is reported, too`() async throws {
        // The destination forgets the tag between the decision and the move.
        let old = try await put(at: destination)
        let new = try await put(at: source)
        let vanishing = VanishingSink(base: destination, tag: tag)
        let made = try ruledJob(
            rules(["app"]),
            source,
            vanishing,
            overwrite: .ifUnchanged(isTwoWay: false),
            memory: TagBook(["app:1": old])
        )
        let log = try await run(made)
        #expect(refusals(log) == [Refusal(new: new, old: nil, reason: .changedMeanwhile(old))])
        #expect(log.published.isEmpty)
    }

    @Test func `a tag that somebody else brought to the same image is no conflict`() async throws {
        let image = try forge.image()
        try await forge.put(image, as: tag, into: source[app])
        try await forge.put(image, as: nil, into: destination[app])
        let sinkWatch = interfering(image) { if case .writeBlob = $0 { true } else { false } }
        let log = try await run(job(.never, TagBook(), sinkWatch))
        #expect(log.failures.isEmpty)
        #expect(refusals(log).isEmpty)
        #expect(log.published.count == 1)
    }

    @Test func `where everything is overwritten, nothing is looked at twice`() async throws {
        try await put(at: destination)
        let new = try await put(at: source)
        let other = try await untagged()
        let sinkWatch = interfering(other) { if case .writeBlob = $0 { true } else { false } }
        let log = try await run(job(.always, NoTagMemory(), sinkWatch))
        #expect(log.published.count == 1)
        #expect(try await there() == new)
        #expect(sinkWatch.questions == 1)
    }

    @Test(arguments: [OverwriteRule.never, .ifUnchanged(isTwoWay: false)])
    func `a new tag costs one question more than where everything is overwritten`(_ rule: OverwriteRule) async throws {
        for number in 0..<3 { try await put(try TagName("v\(number)"), at: source) }
        let sinkWatch = Watch()
        let log = try await run(job(rule, TagBook(), sinkWatch))
        #expect(log.published.count == 3)
        #expect(watch.documents == 3)
        #expect(watch.questions == 0)
        #expect(sinkWatch.questions == 3)
        // Each right before its own move.
        for number in 0..<3 {
            let tag = try TagName("v\(number)")
            let question = try #require(sinkWatch.operations.firstIndex(of: .resolve(app, .tag(tag))))
            let move = try #require(sinkWatch.operations.firstIndex(of: .publish(app, tag)))
            #expect(question < move)
        }
    }

    @Test(arguments: [false, true])
    func `a tag that is refused costs no more than looking, and nothing is fetched`(_ listsDigests: Bool) async throws {
        let old = try await put(at: destination)
        let new = try await put(at: source)
        for (rule, reason) in [
            (OverwriteRule.never, Refusal.Reason.neverOverwrites), (.ifUnchanged(isTwoWay: false), .unknownThere),
        ] {
            let sinkWatch = Watch()
            let before = watch.operations.count
            let log = try await run(job(rule, TagBook(), sinkWatch, listsDigests: listsDigests))
            #expect(refusals(log) == [Refusal(new: new, old: old, reason: reason)])
            #expect(log.planned.isEmpty)
            let looks: [Operation] = listsDigests ? [] : [.resolve(app, .tag(tag))]
            #expect(Array(watch.operations[before...]) == [.tags(app)] + looks)
            #expect(sinkWatch.operations == [.tags(app)] + looks + [.finish])
        }
        #expect(try await there() == old)
    }

    @Test func `what was equal before may move, again and again`() async throws {
        let book = TagBook()
        try await put(at: source)
        #expect(try await run(job(.ifUnchanged(isTwoWay: false), book)).published.count == 1)
        for _ in 0..<3 {
            let new = try await put(at: source)
            let log = try await run(job(.ifUnchanged(isTwoWay: false), book))
            #expect(log.published.count == 1)
            #expect(refusals(log).isEmpty)
            #expect(try await there() == new)
            #expect(book.equal["app:1"] == new)
        }
    }

    @Test func `what was found equal is remembered as well as what was made equal`() async throws {
        try await put(at: source)
        try await run(job(.always))
        let book = TagBook()
        #expect(try await run(job(.ifUnchanged(isTwoWay: false), book)).equal.count == 1)
        #expect(book.notes == ["= app:1"])
        let new = try await put(at: source)
        #expect(try await run(job(.ifUnchanged(isTwoWay: false), book)).published.count == 1)
        #expect(try await there() == new)
    }

    @Test func `a conflict stays one until both sides are equal again`() async throws {
        let book = TagBook()
        let first = try await put(at: source)
        try await run(job(.ifUnchanged(isTwoWay: false), book))
        let theirs = try await put(at: destination)
        let ours = try await put(at: source)
        for _ in 0..<3 {
            let log = try await run(job(.ifUnchanged(isTwoWay: false), book))
            #expect(refusals(log) == [Refusal(new: ours, old: theirs, reason: .changedThere(lastEqual: first))])
        }
        #expect(try await there() == theirs)
        // Somebody decides for the source's.
        try await run(job(.always))
        #expect(try await run(job(.ifUnchanged(isTwoWay: false), book)).equal.count == 1)
        let next = try await put(at: source)
        try await run(job(.ifUnchanged(isTwoWay: false), book))
        #expect(try await there() == next)
    }

    @Test func `two jobs in both directions carry each push to the other side, and never fight`() async throws {
        let (left, right) = (source, destination)
        // What one of them finds equal is equal for the other, too.
        let book = TagBook()
        func sync() async throws -> (left: [String: Int], conflicts: Int) {
            var counts = (left: 0, published: 0, conflicts: 0)
            for (from, to) in [(left, right), (right, left)] {
                let made = try ruledJob(rules(["app"]), from, to, overwrite: .ifUnchanged(isTwoWay: true), memory: book)
                let log = try await run(made)
                counts.left += log.events.count { if case .left = $0 { true } else { false } }
                counts.published += log.published.count
                counts.conflicts += refusals(log).count
            }
            return (["left": counts.left, "published": counts.published], counts.conflicts)
        }
        try await put(at: left)
        _ = try await sync()
        var random = SeededRandom(seed: 3)
        for round in 0..<20 {
            let side = random.next(in: 0...1) == 0 ? left : right
            let pushed = try await put(at: side)
            let (counts, conflicts) = try await sync()
            #expect(conflicts == 0, "seed 3, round \(round)")
            #expect(counts["published"] == 1, "seed 3, round \(round)")
            #expect(try await left[app].resolve(.tag(tag))?.digest == pushed)
            #expect(try await right[app].resolve(.tag(tag))?.digest == pushed)
        }
        // Pushes on both sides between two runs are a conflict in both, and stay as they are.
        let (one, other) = (try await put(at: left), try await put(at: right))
        #expect(try await sync().conflicts == 2)
        #expect(try await left[app].resolve(.tag(tag))?.digest == one)
        #expect(try await right[app].resolve(.tag(tag))?.digest == other)
    }

    @Test func `a run remembers what it found, and a digest without a tag is not remembered`() async throws {
        let equal = try TagName("equal")
        try await put(equal, at: source)
        try await run(job(.always))
        try await put(try TagName("new"), at: source)
        try await put(try TagName("moved"), at: destination)
        try await put(try TagName("moved"), at: source)
        let untagged = try forge.image()
        try await forge.put(untagged, as: nil, into: source[app])
        let list = RepositoryRules(rules: [
            RepositoryRule(
                pattern: try RepositoryPattern("app"),
                tags: TagRule(),
                digests: [untagged.descriptor.digest]
            )
        ])
        for (rule, notes) in [
            (OverwriteRule.never, ["! app:moved", "! app:new", "= app:equal", "= app:new"]),
            (.always, ["! app:moved", "= app:equal", "= app:moved", "= app:new"]),
        ] {
            let book = TagBook()
            try await run(ruledJob(list, source, destination, digestTags: .untagged, overwrite: rule, memory: book))
            #expect(book.notes == notes)
        }
    }

    @Test func `what fails on its way stays different`() async throws {
        try await put(at: source)
        let book = TagBook()
        let sinkWatch = Watch { operation, _ in if case .writeBlob = operation { .fail } else { .none } }
        let log = try await run(job(.always, book, sinkWatch))
        #expect(log.failures.count == 1)
        #expect(book.notes == ["! app:1"])
    }

    @Test(arguments: [OverwriteRule.always, .never, .ifUnchanged(isTwoWay: true)])
    func `a plan that opens nothing fetches no manifest and asks for no blob`(_ rule: OverwriteRule) async throws {
        let was = try await put(try TagName("moved"), at: destination)
        let isNow = try await put(try TagName("moved"), at: source)
        let new = try await put(try TagName("new"), at: source)
        let image = try forge.image()
        for endpoint in [source, destination] {
            try await forge.put(image, as: try TagName("equal"), into: endpoint[app])
        }
        let sinkWatch = Watch()
        let book = TagBook(["app:moved": was])
        let log = EventLog()
        let summary = try await Replicator(job: job(rule, book, sinkWatch), events: log.take).plan(opening: .none)
        #expect(summary == PlanSummary())
        #expect(log.planned.isEmpty)
        var estimates: [String: [Digest?]] = [:]
        for case .estimated(_, _, let tag?, let new, let old, _) in log.events { estimates[tag.text] = [new, old] }
        #expect(estimates == (rule == .never ? ["new": [new, nil]] : ["new": [new, nil], "moved": [isNow, was]]))
        #expect(log.equal.count == 1)
        #expect(watch.documents == 0)
        #expect(watch.blobs == 0)
        #expect(sinkWatch.documents == 0)
        #expect(sinkWatch.operations.allSatisfy { if case .contains = $0 { false } else { true } })
        // One question for each tag at the source, and at the destination for those that it has.
        #expect(watch.questions == 3)
        #expect(sinkWatch.questions == 2)
        #expect(try await there(TagName("moved")) == was)
        #expect(try await there(TagName("new")) == nil)
    }
}

/// A place whose tag is gone from the second time on that it is asked for.
private struct VanishingSink: SinkEndpoint {
    let base: MemoryEndpoint
    let tag: TagName
    let asked = Shared(0)

    var name: String { base.name }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }
    func sink(_ repository: RepositoryName) -> any ContentSink { Repository(base: base[repository], place: self) }
    func finish() async throws {}

    struct Repository: ContentSink {
        let base: MemoryRepository
        let place: VanishingSink

        func tags() -> Pages<TagEntry> { Pages([TagEntry(tag: place.tag)]) }

        func resolve(_ target: Target) async throws -> Descriptor? {
            place.asked.change {
                $0 += 1; return $0
            } > 1 ? nil : try await base.resolve(target)
        }

        func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }
        func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }
        func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
            try await base.write(blob, heldBy: sibling)
        }
        func write(_ manifest: ManifestDocument) async throws { try await base.write(manifest) }
        func publish(_ root: ManifestDocument, as tag: TagName) async throws {
            Issue.record("published although it changed")
            try await base.publish(root, as: tag)
        }
    }
}
