// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
@testable import OCIContent
import Testing

@Suite struct MemoryEndpointTests {
    private let endpoint = MemoryEndpoint()
    private let app: MemoryRepository
    private let other: MemoryRepository

    init() throws {
        app = endpoint[try RepositoryName("team/app")]
        other = endpoint[try RepositoryName("team/other")]
    }

    @Test func `a repository that does not exist has nothing`() async throws {
        let blob = Fixture.blob([1])
        #expect(try await app.tags().all().isEmpty)
        #expect(try await app.resolve(.tag(.latest)) == nil)
        #expect(try await app.document(at: .digest(blob.digest)) == nil)
        #expect(try await app.contains(blob) == false)
        #expect(await failure { try await app.blob(blob, from: 0) } as? ContentError == .missing(blob.digest))
        #expect(try await endpoint.catalog().all().isEmpty)
    }

    @Test func `can always be finished`() async throws {
        try await endpoint.finish()
        #expect(endpoint.name == "memory")
        #expect(MemoryEndpoint(name: "here").name == "here")
    }

    @Test func `lists the repositories that have content, in order`() async throws {
        other.add([1])
        app.add([2])
        #expect(try await endpoint.catalog().all().map(\.text) == ["team/app", "team/other"])
    }

    @Test func `a refused manifest leaves nothing behind`() async throws {
        let image = try Fixture.image(config: Fixture.blob([1]))
        #expect(await failure { try await app.publish(image, as: .latest) } is ContentError)
        #expect(try await endpoint.catalog().all().isEmpty)
        #expect(try await app.tags().all().isEmpty)
        #expect(try await app.document(at: .digest(image.descriptor.digest)) == nil)
    }

    @Test func `lists tags in order with what they point to`() async throws {
        let image = try Fixture.image(config: app.add([1]))
        let newer = try Fixture.image(config: app.add([2]))
        for tag in ["b", "a", "c"] { try await app.publish(image, as: TagName(tag)) }
        try await app.publish(newer, as: TagName("b"))
        let entries = try await app.tags().all()
        #expect(entries.map(\.tag.text) == ["a", "b", "c"])
        #expect(entries.map(\.digest) == [image, newer, image].map(\.descriptor.digest))
    }

    @Test func `finds a manifest by its tag and by its digest`() async throws {
        let image = try Fixture.image(config: app.add([1]), layers: [app.add([2, 3])])
        try await app.publish(image, as: .latest)
        for target in [Target.tag(.latest), .digest(image.descriptor.digest)] {
            #expect(try await app.document(at: target) == image)
            #expect(try await app.resolve(target) == image.descriptor)
        }
        #expect(try await app.resolve(.tag(TagName("other"))) == nil)
        #expect(try await other.resolve(.tag(.latest)) == nil)
    }

    @Test func `a manifest that is written under its digest has no tag`() async throws {
        let image = try Fixture.image(config: app.add([1]))
        try await app.write(image)
        #expect(try await app.tags().all().isEmpty)
        #expect(try await app.document(at: .digest(image.descriptor.digest)) == image)
    }

    @Test func `refuses a manifest whose blobs or children are not there`() async throws {
        let config = app.add([1])
        let layer = Fixture.blob([2])
        let image = try Fixture.image(config: config, layers: [layer])
        #expect(await failure { try await app.write(image) } as? ContentError == .missing(layer.digest))
        let index = try Fixture.index([image.descriptor])
        #expect(
            await failure { try await app.publish(index, as: .latest) } as? ContentError
                == .missing(image.descriptor.digest)
        )
        app.add([2])
        try await app.write(image)
        try await app.publish(index, as: .latest)
        #expect(try await app.document(at: .tag(.latest)) == index)
        // Another repository of the same place is another place.
        #expect(await failure { try await other.write(image) } as? ContentError == .missing(config.digest))
    }

    @Test func `does not ask for layers that may be absent`() async throws {
        var layer = Fixture.blob([2])
        layer.mediaType = try #require(MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"))
        let image = try Fixture.image(config: app.add([1]), layers: [layer])
        try await app.publish(image, as: .latest)
        #expect(try await app.resolve(.tag(.latest)) == image.descriptor)
    }

    @Test func `a blob is copied, then present, and mounted from a sibling that has it`() async throws {
        let bytes = Fixture.bytes(1000)
        let source = MemoryEndpoint()[app.name]
        let descriptor = source.add(bytes)
        let content = BlobContent(descriptor, from: source)
        #expect(try await app.write(content, heldBy: nil) == .copied)
        #expect(try await app.write(content, heldBy: nil) == .present)
        #expect(try await app.write(content, heldBy: other.name) == .present)
        #expect(try await other.write(content, heldBy: app.name) == .mounted)
        #expect(try await other.contains(descriptor))
        #expect(try await other.blob(descriptor, from: 0).collect() == bytes)
    }

    @Test func `copies a blob that the named sibling does not have`() async throws {
        let source = MemoryEndpoint()[app.name]
        let content = BlobContent(source.add([1, 2, 3]), from: source)
        #expect(try await app.write(content, heldBy: other.name) == .copied)
        #expect(try await endpoint.catalog().all().map(\.text) == ["team/app"])
    }

    @Test func `keeps nothing of a blob whose content is wrong`() async throws {
        let descriptor = Fixture.blob([1, 2, 3])
        let source = ScriptedRepository(range: 0..<3, [.bytes([1, 2, 4])])
        let error = await failure { try await app.write(BlobContent(descriptor, from: source), heldBy: nil) }
        #expect((error as? SideFailure)?.side == .source)
        #expect(try await app.contains(descriptor) == false)
    }

    @Test(arguments: [(0, 0), (1, 1), (9, 9), (10, 10), (11, 10), (1000, 10)] as [(Int64, Int64)])
    func `reads a blob from an offset on`(_ offset: Int64, start: Int64) async throws {
        let bytes = Fixture.bytes(10)
        let stream = try await app.blob(app.add(bytes), from: offset)
        #expect(stream.range == start..<10)
        #expect(try await stream.collect() == Array(bytes[Int(start)...]))
    }

    @Test func `hands out its repositories as sources and sinks`() async throws {
        let descriptor = app.add([1])
        #expect(try await endpoint.source(app.name).contains(descriptor))
        #expect(try await endpoint.sink(app.name).contains(descriptor))
        #expect(try await endpoint.source(other.name).contains(descriptor) == false)
    }
}
