// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Testing

/// What looking at a source costs that was looked at before.
@Suite struct RememberingEndpointTests {
    private let base = MemoryEndpoint(name: "from.lan")
    private let memory = Memory()
    private let calls = Recorder<String>()
    private let name: RepositoryName

    init() throws { name = try RepositoryName("team/app") }

    /// A memory that keeps everything until it is told to forget.
    private actor Memory: DocumentMemory {
        private(set) var documents: [Digest: ManifestDocument] = [:]
        private(set) var seen: [String: Digest] = [:]

        func document(_ digest: Digest) -> ManifestDocument? { documents[digest] }
        func keep(_ document: ManifestDocument) { documents[document.descriptor.digest] = document }
        func lastSeen(_ tag: TagName, in repository: RepositoryName) -> Digest? { seen["\(repository):\(tag)"] }
        func noteSeen(_ tag: TagName, in repository: RepositoryName, _ digest: Digest) {
            seen["\(repository):\(tag)"] = digest
        }
        func forget(_ digest: Digest) { documents[digest] = nil }
    }

    /// The base, with each request written down.
    private struct Counted: SourceEndpoint {
        let base: MemoryEndpoint
        let calls: Recorder<String>

        var name: String { base.name }
        func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }
        func source(_ repository: RepositoryName) -> any ContentSource {
            Repository(base: base[repository], calls: calls)
        }

        struct Repository: ContentSource {
            let base: MemoryRepository
            let calls: Recorder<String>

            func tags() -> Pages<TagEntry> { base.tags() }
            func resolve(_ target: Target) async throws -> Descriptor? {
                calls.record("HEAD \(target)")
                return try await base.resolve(target)
            }
            func document(at target: Target) async throws -> ManifestDocument? {
                calls.record("GET \(target)")
                return try await base.document(at: target)
            }
            func contains(_ blob: Descriptor) async throws -> Bool {
                calls.record("HEAD blob")
                return try await base.contains(blob)
            }
            func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
                calls.record("GET blob from \(range.lowerBound)")
                return try await base.blob(descriptor, in: range)
            }
        }
    }

    private func source(_ repository: RepositoryName? = nil) -> any ContentSource {
        RememberingEndpoint(Counted(base: base, calls: calls), memory: memory).source(repository ?? name)
    }

    /// Publishes an image that is another one for another seed.
    @discardableResult
    private func publish(_ seed: Int, as tag: String = "1", in repository: RepositoryName? = nil) async throws
        -> ManifestDocument
    {
        let place = base[repository ?? name]
        let image = try Fixture.image(config: place.add(Array("config \(seed)".utf8), mediaType: .ociConfig))
        try await place.publish(image, as: TagName(tag))
        return image
    }

    private let tag = Target.tag((try? TagName("1")) ?? .latest)

    /// The requests since the last time that they were asked for.
    private func requests(since count: Int) -> [String] { Array(calls.elements.dropFirst(count)) }

    @Test func `a tag that is new costs its manifest, and later a question`() async throws {
        let image = try await publish(1)
        #expect(try await source().document(at: tag) == image)
        #expect(calls.elements == ["GET :1"])
        #expect(try await source().document(at: tag) == image)
        #expect(try await source().document(at: tag) == image)
        #expect(calls.elements == ["GET :1", "HEAD :1", "HEAD :1"])
    }

    @Test func `a manifest by its digest is fetched once`() async throws {
        let image = try await publish(1)
        for _ in 0..<3 { #expect(try await source().document(at: .digest(image.descriptor.digest)) == image) }
        #expect(calls.elements == ["GET @\(image.descriptor.digest)"])
    }

    @Test func `what is known by a digest helps no tag that was not seen`() async throws {
        let image = try await publish(1)
        _ = try await source().document(at: .digest(image.descriptor.digest))
        _ = try await source().document(at: tag)
        #expect(calls.elements == ["GET @\(image.descriptor.digest)", "GET :1"])
    }

    @Test func `another repository with the same manifest asks nothing by digest`() async throws {
        let other = try RepositoryName("team/other")
        let image = try await publish(1)
        try await publish(1, in: other)
        _ = try await source().document(at: tag)
        #expect(try await source(other).document(at: .digest(image.descriptor.digest)) == image)
        #expect(calls.elements == ["GET :1"])
        // What the tag of one repository points to says nothing about the other one's.
        _ = try await source(other).document(at: tag)
        #expect(requests(since: 1) == ["GET :1"])
    }

    @Test func `a tag that moved is fetched by its digest, and known from then on`() async throws {
        let first = try await publish(1)
        _ = try await source().document(at: tag)
        let second = try await publish(2)
        #expect(try await source().document(at: tag) == second)
        #expect(requests(since: 1) == ["HEAD :1", "GET @\(second.descriptor.digest)"])
        #expect(try await source().document(at: tag) == second)
        #expect(requests(since: 3) == ["HEAD :1"])
        // The old manifest is not needed any more to know the tag.
        await memory.forget(first.descriptor.digest)
        #expect(try await source().document(at: tag) == second)
        #expect(requests(since: 4) == ["HEAD :1"])
    }

    @Test func `a tag that moved back costs a question`() async throws {
        let first = try await publish(1)
        _ = try await source().document(at: tag)
        try await publish(2)
        _ = try await source().document(at: tag)
        try await publish(1)
        #expect(try await source().document(at: tag) == first)
        #expect(requests(since: 3) == ["HEAD :1"])
    }

    @Test func `a tag that is gone is nil, whatever is remembered of it`() async throws {
        try await publish(1)
        _ = try await source().document(at: tag)
        let emptied = RememberingEndpoint(Counted(base: MemoryEndpoint(), calls: calls), memory: memory).source(name)
        #expect(try await emptied.document(at: tag) == nil)
        #expect(requests(since: 1) == ["HEAD :1"])
    }

    @Test func `a tag whose manifest was forgotten is fetched again in one request`() async throws {
        let image = try await publish(1)
        _ = try await source().document(at: tag)
        await memory.forget(image.descriptor.digest)
        #expect(try await source().document(at: tag) == image)
        #expect(requests(since: 1) == ["GET :1"])
    }

    @Test func `nothing is remembered of what is not there`() async throws {
        #expect(try await source().document(at: tag) == nil)
        let digest = Fixture.blob([1]).digest
        #expect(try await source().document(at: .digest(digest)) == nil)
        #expect(await memory.documents.isEmpty)
        #expect(await memory.seen.isEmpty)
        let image = try await publish(1)
        #expect(try await source().document(at: tag) == image)
        #expect(calls.elements == ["GET :1", "GET @\(digest)", "GET :1"])
    }

    @Test func `everything else is asked of the place itself`() async throws {
        let image = try await publish(1)
        let config = try #require(image.manifest.blobs.first)
        for _ in 0..<2 {
            #expect(try await source().resolve(tag)?.digest == image.descriptor.digest)
            #expect(try await source().contains(config))
            #expect(try await source().blob(config, from: 0).collect().count == Int(config.size))
        }
        #expect(
            calls.elements == ["HEAD :1", "HEAD blob", "GET blob from 0", "HEAD :1", "HEAD blob", "GET blob from 0"]
        )
        let endpoint = RememberingEndpoint(Counted(base: base, calls: calls), memory: memory)
        #expect(endpoint.name == "from.lan")
        #expect(try await endpoint.catalog().all() == [name])
        #expect(try await source().tags().all().map(\.tag.text) == ["1"])
    }
}
