// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization
import Testing

@Suite struct RetryingSinkTests {
    static let bytes = Fixture.bytes(10)
    static let descriptor = Fixture.blob(bytes)

    private func content(_ source: any ContentSource) -> BlobContent { BlobContent(Self.descriptor, from: source) }

    private var whole: ScriptedRepository {
        ScriptedRepository { _, offset in
            ScriptedRepository.stream(offset..<10, [.bytes(Array(Self.bytes[Int(offset)...]))])
        }
    }

    @Test func `begins an upload that failed again with the first byte`() async throws {
        let source = whole
        let sink = ScriptedRepository(answer: { attempt in if attempt < 3 { throw Fault() } })
        let arrival = try await RetryingSink(sink, policy: .test()).write(content(source), heldBy: nil)
        #expect(arrival == .copied)
        #expect(sink.calls.elements == ["write blob", "write blob", "write blob"])
        #expect(source.openings.elements == [0])
    }

    @Test func `gives up after enough attempts, with the destination's own error`() async {
        let clock = VirtualClock()
        let sink = ScriptedRepository(answer: { _ in throw Fault() })
        let error = await failure {
            try await RetryingSink(sink, policy: .test(clock)).write(content(whole), heldBy: nil)
        }
        #expect(error as? Fault == Fault())
        #expect(sink.calls.count == 3)
        #expect(clock.pauses == [.seconds(1), .seconds(2)])
    }

    @Test func `does not multiply the retries of the source`() async throws {
        let source = ScriptedRepository { _, _ in throw Fault() }
        let sink = ScriptedRepository()
        let error = await failure {
            let content = content(RetryingSource(source, policy: .test(attempts: 4)))
            return try await RetryingSink(sink, policy: .test(attempts: 5)).write(content, heldBy: nil)
        }
        let failure = try #require(error as? SideFailure)
        #expect(failure.side == .source)
        #expect(failure.underlying as? Fault == Fault())
        #expect(source.openings.count == 4)
        #expect(sink.calls.count == 1)
    }

    @Test func `does not multiply the retries of a stream that is cut`() async throws {
        let source = ScriptedRepository { _, offset in ScriptedRepository.stream(offset..<10, [.fail(Fault())]) }
        let sink = ScriptedRepository()
        let error = await failure {
            let content = content(RetryingSource(source, policy: .test(attempts: 4)))
            return try await RetryingSink(sink, policy: .test(attempts: 5)).write(content, heldBy: nil)
        }
        #expect((error as? SideFailure)?.side == .source)
        #expect(source.openings.count == 4)
        #expect(sink.calls.count == 1)
    }

    @Test func `asks for wrong content once more, since it may have been spoilt on the way`() async throws {
        let readings = Mutex(0)
        let source = ScriptedRepository { _, _ in
            let isFirst = readings.withLock { count in
                count += 1
                return count == 1
            }
            return ScriptedRepository.stream(0..<10, [.bytes(isFirst ? [UInt8](repeating: 0, count: 10) : Self.bytes)])
        }
        let sink = ScriptedRepository()
        #expect(try await RetryingSink(sink, policy: .test()).write(content(source), heldBy: nil) == .copied)
        #expect(sink.calls.count == 2)
    }

    @Test func `does not send content again that stays wrong`() async throws {
        let source = ScriptedRepository(range: 0..<10, [.bytes([UInt8](repeating: 0, count: 10))])
        let sink = ScriptedRepository()
        let error = await failure {
            try await RetryingSink(sink, policy: .test(attempts: 5)).write(content(source), heldBy: nil)
        }
        guard case .wrongDigest = (error as? SideFailure)?.underlying as? ContentError else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(sink.calls.count == 2)
    }

    @Test func `does not repeat what another try cannot mend`() async throws {
        let sink = ScriptedRepository(answer: { _ in throw Fault(isTransient: false) })
        let image = try Fixture.image(config: Self.descriptor)
        let error = await failure { try await RetryingSink(sink, policy: .test()).publish(image, as: .latest) }
        #expect(error as? Fault == Fault(isTransient: false))
        #expect(sink.calls.elements == ["publish"])
    }

    @Test func `repeats each of the questions and the writing of manifests`() async throws {
        func flaky() -> (ScriptedRepository, RetryingSink) {
            let base = ScriptedRepository(answer: { attempt in if attempt < 2 { throw Fault() } })
            return (base, RetryingSink(base, policy: .test()))
        }
        let image = try Fixture.image(config: Self.descriptor)
        let (tags, tagsSink) = flaky()
        #expect(try await tagsSink.tags().all() == [TagEntry(tag: .latest)])
        #expect(tags.calls.elements == ["tags", "tags"])
        let (resolve, resolveSink) = flaky()
        #expect(try await resolveSink.resolve(.tag(.latest)) == nil)
        #expect(resolve.calls.elements == ["resolve", "resolve"])
        let (document, documentSink) = flaky()
        #expect(try await documentSink.document(at: .tag(.latest)) == nil)
        #expect(document.calls.elements == ["document", "document"])
        let (contains, containsSink) = flaky()
        #expect(try await containsSink.contains(Self.descriptor))
        #expect(contains.calls.elements == ["contains", "contains"])
        let (write, writeSink) = flaky()
        try await writeSink.write(image)
        #expect(write.calls.elements == ["write manifest", "write manifest"])
        let (publish, publishSink) = flaky()
        try await publishSink.publish(image, as: .latest)
        #expect(publish.calls.elements == ["publish", "publish"])
    }
}
