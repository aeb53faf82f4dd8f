// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
@testable import Replication
import Testing

/// Images of a plan: each is copied only if the destination still is what the plan counted on.
@Suite struct PinnedImageTests {
    private let source = MemoryEndpoint(name: "from.lan")
    private let destination = MemoryEndpoint(name: "to.lan")
    private let watch = Watch()
    private let sinkWatch = Watch()
    private let book = TagBook()
    private let forge = ImageForge(seed: 5)
    private let route: Route
    private let tag: TagName

    init() throws {
        route = Route(source: try RepositoryName("app"), destination: try RepositoryName("hub/app"))
        tag = try TagName("1")
    }

    /// Puts a new image at a side.
    private func put(_ tag: TagName?, at endpoint: MemoryEndpoint) async throws -> Digest {
        let image = try forge.image()
        try await forge.put(image, as: tag, into: endpoint[endpoint === source ? route.source : route.destination])
        return image.descriptor.digest
    }

    private func apply(_ images: [Selection.PinnedImage]) async throws -> EventLog {
        let job = Job(
            source: WatchedSource(base: source, watch: watch),
            destination: WatchedSink(destination, sinkWatch),
            selection: .pinned(images),
            mapping: try mapping(),
            overwrite: .ifUnchanged(isTwoWay: false),
            memory: book
        )
        return try await run(job)
    }

    private func pin(_ digest: Digest, old: Digest? = nil, tag: TagName? = nil) -> Selection.PinnedImage {
        .init(route: route, digest: digest, tag: tag ?? self.tag, old: old)
    }

    private func there(_ tag: TagName? = nil) async throws -> Digest? {
        try await destination[route.destination].resolve(.tag(tag ?? self.tag))?.digest
    }

    private func refusals(_ log: EventLog) -> [Refusal] {
        log.events.compactMap { if case .refused(_, _, let refusal) = $0 { refusal } else { nil } }
    }

    @Test func `a tag that is not there is set, as planned`() async throws {
        let new = try await put(tag, at: source)
        let log = try await apply([pin(new)])
        #expect(log.published.map(\.root.descriptor.digest) == [new])
        #expect(log.published.map(\.change) == [.new])
        #expect(try await there() == new)
        #expect(book.notes == ["! hub/app:1", "= hub/app:1"])
        // The tag is looked at when it is decided, and right before it moves; only signatures are looked for by listing.
        #expect(sinkWatch.questions == 2)
        #expect(watch.documents == 1)
        #expect(watch.count { $0 == .tags(route.source) } == 1)
        #expect(!sinkWatch.operations.contains(.tags(route.destination)))
    }

    @Test func `a tag that is what the plan counted on is moved, by the digest of the plan`() async throws {
        let old = try await put(tag, at: destination)
        let new = try await put(tag, at: source)
        // The source has moved on since the plan was made.
        _ = try await put(tag, at: source)
        let log = try await apply([pin(new, old: old)])
        #expect(log.published.map(\.change) == [.moved(from: old)])
        #expect(try await there() == new)
        #expect(watch.operations.contains(.document(route.source, .digest(new))))
    }

    @Test func `a tag that is equal already is left as it is`() async throws {
        let new = try await put(tag, at: source)
        _ = try await apply([pin(new)])
        for old in [nil, new, try await put(nil, at: source)] {
            let log = try await apply([pin(new, old: old)])
            #expect(log.published.isEmpty)
            #expect(log.failures.isEmpty)
            #expect(log.equal == [.digest(new)])
        }
    }

    @Test(arguments: [true, false])
    func `a tag that is something else than planned is refused`(_ wasThere: Bool) async throws {
        let planned = wasThere ? try await put(nil, at: destination) : nil
        let other = try await put(tag, at: destination)
        let new = try await put(tag, at: source)
        let log = try await apply([pin(new, old: planned)])
        #expect(log.published.isEmpty)
        #expect(refusals(log) == [Refusal(new: new, old: other, reason: .notAsPlanned(planned))])
        #expect(try await there() == other)
        // Nothing was fetched for it.
        #expect(watch.operations.isEmpty)
        #expect(sinkWatch.questions == 1)
    }

    @Test func `a tag that is gone is refused where the plan counted on it`() async throws {
        let planned = try await put(nil, at: destination)
        let new = try await put(tag, at: source)
        let log = try await apply([pin(new, old: planned)])
        #expect(refusals(log) == [Refusal(new: new, old: nil, reason: .notAsPlanned(planned))])
        #expect(try await there() == nil)
        #expect(watch.operations.isEmpty)
    }

    @Test(arguments: [true, false])
    func `a digest that is gone at the source fails, and the others go on`(_ isMove: Bool) async throws {
        let old = isMove ? try await put(tag, at: destination) : nil
        let gone = BuiltBlob([1]).descriptor.digest
        let other = try await put(nil, at: source)
        let log = try await apply([pin(gone, old: old), pin(other, tag: try TagName("2"))])
        #expect(log.failures.keys.sorted() == ["app@\(gone)"])
        #expect(underlying(log.failures["app@\(gone)"]) as? RootMissing == RootMissing(target: .digest(gone)))
        #expect(log.published.map(\.tag?.text) == ["2"])
        #expect(try await there() == old)
    }

    @Test func `an image without a tag is copied by its digest, once`() async throws {
        let new = try await put(nil, at: source)
        let image = Selection.PinnedImage(route: route, digest: new, tag: nil, old: nil)
        #expect(try await apply([image]).published.map(\.tag) == [nil])
        #expect(try await destination[route.destination].resolve(.digest(new)) != nil)
        #expect(try await destination[route.destination].tags().all().isEmpty)
        let again = try await apply([image])
        #expect(again.published.isEmpty)
        #expect(again.equal == [.digest(new)])
        #expect(book.notes.isEmpty)
    }

    @Test func `what others say of a plan's order makes no difference`() async throws {
        var images: [Selection.PinnedImage] = []
        for number in 0..<12 {
            let tag = try TagName("v\(number)")
            let old = number.isMultiple(of: 3) ? try await put(tag, at: destination) : nil
            let wrong = number == 4 ? try await put(nil, at: destination) : nil
            images.append(pin(try await put(tag, at: source), old: old ?? wrong, tag: tag))
        }
        var random = SeededRandom(seed: 11)
        let log = try await apply(images.shuffled(using: &random))
        #expect(log.published.count == 11, "seed 11")
        #expect(refusals(log).count == 1)
        for image in images { #expect(try await there(image.tag) == (image.tag?.text == "v4" ? nil : image.digest)) }
    }
}
