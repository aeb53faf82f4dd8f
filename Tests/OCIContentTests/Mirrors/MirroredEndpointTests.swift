// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import OCIContent

/// Which of several places with the same content is asked for what.
@Suite struct MirroredEndpointTests {
    private let origin = FicklePlace("hub")
    private let near = FicklePlace("near")
    private let far = FicklePlace("far")
    private let clock = VirtualClock()
    private let notices = Recorder<String>()
    private let endpoint: MirroredEndpoint
    private let lonely: MirroredEndpoint
    private let name: RepositoryName
    private let tag = Target.tag(.latest)

    init() throws {
        name = try RepositoryName("team/app")
        let clock = clock
        let mirrors = [near, far].map { MirroredEndpoint.Member($0, .mirror(clock: clock)) }
        let notices = notices
        func endpoint(_ origin: FicklePlace?) -> MirroredEndpoint {
            MirroredEndpoint(name: "hub", origin: origin, mirrors: mirrors) { notice in
                switch notice {
                case .mirrorFailed(let name, _): notices.record("\(name) failed")
                case .mirrorLeftAlone(let name, _): notices.record("\(name) left alone")
                }
            }
        }
        self.endpoint = endpoint(origin)
        lonely = endpoint(nil)
    }

    private var source: any ContentSource { endpoint.source(name) }

    /// Puts an image of one blob into places, under `latest`.
    private func put(_ bytes: [UInt8], into places: [FicklePlace]) async throws -> (
        root: ManifestDocument, blob: Descriptor
    ) {
        let root = try Fixture.image(config: Fixture.blob(bytes))
        for place in places {
            place.memory[name].add(bytes)
            try await place.memory[name].publish(root, as: .latest)
        }
        return (root, Fixture.blob(bytes))
    }

    @Test func `a tag is looked up at the place itself, and its content comes from the first mirror that has it`()
        async throws
    {
        let image = try await put([1, 2, 3], into: [origin, far])
        let digest = image.root.descriptor.digest
        #expect(try await source.document(at: tag)?.bytes == image.root.bytes)
        #expect(try await source.blob(image.blob, from: 0).collect() == [1, 2, 3])
        #expect(try await source.contains(image.blob))
        #expect(origin.asked() == ["HEAD :latest"])
        #expect(near.asked() == ["GET @\(digest)", "GET blob from 0", "HEAD blob"])
        #expect(far.asked() == ["GET @\(digest)", "GET blob from 0", "HEAD blob"])
        #expect(notices.elements == [])
    }

    @Test func `what a mirror remembers of a tag never decides`() async throws {
        _ = try await put([1], into: [near])
        let image = try await put([2], into: [origin])
        #expect(try await source.resolve(tag)?.digest == image.root.descriptor.digest)
        #expect(try await source.document(at: tag)?.bytes == image.root.bytes)
        #expect(try await source.blob(image.blob, from: 0).collect() == [2])
        #expect(try await source.tags().all().map(\.digest) == [image.root.descriptor.digest])
        let gone = try Target.tag(TagName("gone"))
        near.memory[name].add([2])
        try await near.memory[name].publish(image.root, as: TagName("gone"))
        #expect(try await source.document(at: gone) == nil)
        #expect(near.asked().filter { $0.hasPrefix("HEAD :") || $0.contains(":latest") || $0 == "tags" } == [])
    }

    @Test func `a mirror that fails is passed over, told once, and left alone after three failures in a row`()
        async throws
    {
        let image = try await put([1, 2, 3], into: [origin, near])
        let target = Target.digest(image.root.descriptor.digest)
        near.fail(.init())
        for _ in 1...2 { #expect(try await source.document(at: target) != nil) }
        near.fail(nil)
        #expect(try await source.document(at: target) != nil)
        #expect(near.asked().count == 3)
        near.fail(.init())
        for _ in 1...5 { #expect(try await source.document(at: target) != nil) }
        #expect(near.asked().count == 3)
        #expect(notices.elements == ["near failed", "near left alone"])
        // One that is started anew is of use again.
        near.fail(nil)
        try await clock.sleep(until: clock.now.advanced(by: .seconds(300)), tolerance: nil)
        #expect(try await source.document(at: target) != nil)
        #expect(near.asked().count == 1)
    }

    @Test func `a mirror that refuses is passed over each time, and told once`() async throws {
        let image = try await put([1, 2, 3], into: [origin, near])
        near.fail(.init(isUnreachable: false))
        for _ in 1...5 { #expect(try await source.contains(image.blob)) }
        #expect(near.asked().count == 5)
        #expect(notices.elements == ["near failed"])
    }

    @Test func `where the place itself cannot be reached, no mirror says what there is: it may be old`() async throws {
        let old = try await put([1], into: [near, far])
        origin.fail(.init())
        for question in [
            { try await source.resolve(tag) != nil }, { try await source.document(at: tag) != nil },
            { try await source.tags().all().isEmpty }, { try await endpoint.catalog().all().isEmpty },
            { try await source.referrers(of: old.root.descriptor.digest, type: nil) == [] },
        ] as [() async throws -> Bool] {
            #expect(await failure(of: question) as? FicklePlace.Failure == .init())
        }
        #expect(near.asked() == [])
        // What is named by its digest is the same everywhere.
        #expect(try await source.document(at: .digest(old.root.descriptor.digest)) != nil)
    }

    @Test func `what neither the place nor a mirror says is an error of the place`() async throws {
        origin.fail(.init())
        near.fail(.init(isUnreachable: false))
        for _ in 1...2 {
            let error = await failure(of: { try await source.resolve(tag) })
            #expect(error as? FicklePlace.Failure == .init())
            let listing = await failure(of: { try await source.tags().all() })
            #expect(listing as? FicklePlace.Failure == .init())
            let reading = await failure(of: { try await source.blob(Fixture.blob([1]), from: 0) })
            #expect(reading as? FicklePlace.Failure == .init())
        }
    }

    @Test func `a refusal of the place itself is not made up for by a mirror's tags`() async throws {
        _ = try await put([1], into: [near])
        origin.fail(.init(isUnreachable: false))
        let refusal = FicklePlace.Failure(isUnreachable: false)
        for question in [
            { try await source.resolve(tag) != nil }, { try await source.document(at: tag) != nil },
            { try await source.tags().all().isEmpty }, { try await endpoint.catalog().all().isEmpty },
        ] as [() async throws -> Bool] {
            #expect(await failure(of: question) as? FicklePlace.Failure == refusal)
        }
        #expect(near.asked() == [])
    }

    @Test func `a blob that a mirror cuts goes on at the next place, at the byte where it was cut`() async throws {
        let bytes = Fixture.bytes(1000)
        let image = try await put(bytes, into: [origin, near, far])
        near.cut(at: 300)
        far.cut(at: 700)
        let stream = try await source.blob(image.blob, in: 100..<1000)
        #expect(stream.range == 100..<1000)
        #expect(try await stream.collect() == Array(bytes[100...]))
        #expect(near.asked() == ["GET blob from 100"])
        #expect(far.asked() == ["GET blob from 300"])
        #expect(origin.asked() == ["GET blob from 700"])
        origin.cut(at: 800)
        let error = await failure(of: { try await source.blob(image.blob, from: 0).collect() })
        #expect(error as? FicklePlace.Failure == .init())
    }

    @Test func `a blob that was wrong comes from the place itself when it is asked for again`() async throws {
        let image = try await put([1, 2, 3], into: [origin, near])
        near.spoil()
        let content = BlobContent(image.blob, from: source)
        let error = await failure(of: { try await content.open().stream.collect() })
        guard case ContentError.wrongDigest? = (error as? SideFailure)?.underlying else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await content.open().stream.collect() == [1, 2, 3])
        #expect(origin.asked() == ["GET blob from 0"])
    }

    @Test func `without the place itself, mirrors say all there is`() async throws {
        let source = lonely.source(name)
        let image = try await put([1, 2, 3], into: [origin, far])
        #expect(try await source.document(at: tag)?.bytes == image.root.bytes)
        #expect(try await source.blob(image.blob, from: 0).collect() == [1, 2, 3])
        #expect(try await source.tags().all().map(\.tag) == [.latest])
        #expect(try await lonely.catalog().all() == [name])
        #expect(try await source.resolve(.tag(TagName("none"))) == nil)
        #expect(await failure(of: { try await source.blob(Fixture.blob([9]), from: 0) }) as? ContentError != nil)
        far.fail(.init())
        // That none has it cannot be known.
        #expect(await failure(of: { try await source.resolve(tag) }) as? FicklePlace.Failure == .init())
        #expect(origin.asked() == [])
    }

    @Test func `a listing that has begun is not continued by another place`() async throws {
        let pages = Pages<Int> {
            var calls = 0
            return {
                calls += 1
                if calls > 1 { throw FicklePlace.Failure() }
                return [1, 2]
            }
        }
        let candidates = MirrorCandidates(
            origin: nil,
            mirrors: [
                .init(name: "near", place: pages, condition: .mirror()),
                .init(name: "far", place: Pages([1, 2, 3]), condition: .mirror()),
            ]
        ) { _ in }
        #expect(await failure(of: { try await candidates.listing { $0 }.all() }) as? FicklePlace.Failure == .init())
    }

    @Test func `a part of a place has the repositories below its path, called what they are called there`() async throws
    {
        let root = try Fixture.image(config: Fixture.blob([1]))
        for text in ["hub/library/nginx", "hub", "hubs/x", "hub/a"] {
            near.memory[try RepositoryName(text)].add([1])
            try await near.memory[try RepositoryName(text)].publish(root, as: .latest)
        }
        let part = SubtreeEndpoint(try RepositoryName("hub"), of: near)
        #expect(part.name == "near/hub")
        #expect(try await part.catalog().all().map(\.text) == ["a", "library/nginx"])
        #expect(try await part.source(RepositoryName("library/nginx")).document(at: tag)?.bytes == root.bytes)
        #expect(try await part.source(RepositoryName("hub")).document(at: tag) == nil)
        let long = try RepositoryName(String(repeating: "a", count: 255))
        #expect(try await part.source(long).resolve(tag) == nil)
    }
}
