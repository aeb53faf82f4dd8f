// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import Testing

@Suite struct RetryingSourceTests {
    typealias Step = ScriptedRepository.Step

    static let bytes = Fixture.bytes(100)
    static let descriptor = Fixture.blob(bytes)

    /// A source whose streams deliver what follows the offset, in pieces, until they are cut.
    private func source(
        piece: Int = 10,
        cutAfter: @escaping @Sendable (_ attempt: Int, _ offset: Int64) -> Int?
    ) -> ScriptedRepository {
        ScriptedRepository { attempt, offset in
            let rest = Self.bytes[Int(offset)...]
            let count = cutAfter(attempt, offset)
            let delivered = rest.prefix(count ?? rest.count)
            var steps = stride(from: delivered.startIndex, to: delivered.endIndex, by: piece)
                .map { start in
                    Step.bytes(Array(delivered[start..<min(start + piece, delivered.endIndex)]))
                }
            if count != nil { steps.append(.fail(Fault())) }
            return ScriptedRepository.stream(offset..<100, steps)
        }
    }

    private func read(_ source: ScriptedRepository, _ policy: RetryPolicy = .test(), from: Int64 = 0) async throws
        -> [UInt8]
    {
        try await RetryingSource(source, policy: policy).blob(Self.descriptor, from: from).collect()
    }

    @Test(arguments: [0, 1, 10, 55, 99])
    func `opens a stream that is cut again where it was cut`(_ count: Int) async throws {
        let source = source { attempt, _ in attempt == 1 ? count : nil }
        #expect(try await read(source) == Self.bytes)
        #expect(source.openings.elements == [0, Int64(count)])
    }

    @Test func `begins at an offset and keeps counting from there`() async throws {
        let source = source { attempt, _ in attempt == 1 ? 20 : nil }
        let stream = try await RetryingSource(source, policy: .test()).blob(Self.descriptor, from: 30)
        #expect(stream.range == 30..<100)
        #expect(try await stream.collect() == Array(Self.bytes[30...]))
        #expect(source.openings.elements == [30, 50])
    }

    @Test func `counts attempts without progress only`() async throws {
        let clock = VirtualClock()
        let source = source(piece: 1) { _, _ in 7 }
        // Cuts, each after some more bytes.
        #expect(try await read(source, .test(clock, attempts: 2)) == Self.bytes)
        #expect(clock.pauses.allSatisfy { $0 == .seconds(1) })
        #expect(clock.pauses.count >= 14)
    }

    @Test func `a few bytes each time are no progress`() async {
        let source = source(piece: 1) { _, _ in 3 }
        let error = await failure { try await read(source, .test(VirtualClock(), attempts: 5)) }
        #expect(error as? Fault == Fault())
        #expect(source.openings.count == 5)
    }

    @Test func `gives up after enough attempts without progress`() async {
        let clock = VirtualClock()
        let source = source { attempt, _ in attempt == 1 ? 40 : 0 }
        let error = await failure { try await read(source, .test(clock, attempts: 3)) }
        #expect(error as? Fault == Fault())
        #expect(source.openings.elements == [0, 40, 40])
        #expect(clock.pauses == [.seconds(1), .seconds(2)])
    }

    @Test func `does not take an empty buffer for progress`() async {
        let source = ScriptedRepository { attempt, offset in
            // A stop, should this be tried forever.
            guard attempt < 50 else { throw Fault(isTransient: false) }
            return ScriptedRepository.stream(offset..<100, [.bytes([]), .fail(Fault())])
        }
        let error = await failure { try await read(source, .test(attempts: 3)) }
        #expect(error as? Fault == Fault())
        #expect(source.openings.count == 3)
    }

    @Test func `failed openings count as well, the first and the later`() async throws {
        let source = ScriptedRepository { attempt, offset in
            if [1, 2, 4, 5].contains(attempt) { throw Fault() }
            if attempt == 3 {
                return ScriptedRepository.stream(0..<100, [.bytes(Array(Self.bytes[..<60])), .fail(Fault())])
            }
            return ScriptedRepository.stream(offset..<100, [.bytes(Array(Self.bytes[Int(offset)...]))])
        }
        #expect(try await read(source, .test(attempts: 4)) == Self.bytes)
        #expect(source.openings.elements == [0, 0, 0, 60, 60, 60])
        let closed = ScriptedRepository { _, _ in throw Fault() }
        #expect(await failure { try await read(closed, .test(attempts: 4)) } as? Fault == Fault())
        #expect(closed.openings.count == 4)
    }

    @Test func `skips what a place delivers again from an earlier offset`() async throws {
        let source = ScriptedRepository { attempt, offset in
            // This place answers every request from the start.
            let count = attempt == 1 ? 40 : attempt == 2 ? 70 : 100
            let steps = stride(from: 0, to: count, by: 7)
                .map { start in
                    Step.bytes(Array(Self.bytes[start..<min(start + 7, count)]))
                }
            return ScriptedRepository.stream(0..<100, count < 100 ? steps + [.fail(Fault())] : steps)
        }
        #expect(try await read(source, .test(attempts: 2)) == Self.bytes)
        #expect(source.openings.elements == [0, 40, 70])
    }

    @Test func `a place that only repeats itself makes no progress`() async {
        let source = ScriptedRepository { attempt, _ in
            guard attempt < 50 else { throw Fault(isTransient: false) }
            return ScriptedRepository.stream(0..<100, [.bytes(Array(Self.bytes[..<40])), .fail(Fault())])
        }
        let error = await failure { try await read(source, .test(attempts: 3)) }
        #expect(error as? Fault == Fault())
        #expect(source.openings.elements == [0, 40, 40])
    }

    @Test func `says which bytes the first stream delivers`() async throws {
        let source = ScriptedRepository { _, _ in
            ScriptedRepository.stream(0..<100, [.bytes(Self.bytes)])
        }
        let stream = try await RetryingSource(source, policy: .test()).blob(Self.descriptor, from: 30)
        #expect(stream.range == 0..<100)
        #expect(try await stream.collect() == Self.bytes)
    }

    @Test func `notices a stream that ends too early, and opens it again`() async throws {
        let source = ScriptedRepository { attempt, offset in
            let rest = Array(Self.bytes[Int(offset)...])
            return ScriptedRepository.stream(offset..<100, [.bytes(attempt == 1 ? Array(rest.prefix(25)) : rest)])
        }
        #expect(try await read(source) == Self.bytes)
        #expect(source.openings.elements == [0, 25])
    }

    @Test func `a stream that always ends too early is an error, never a short blob`() async {
        let source = ScriptedRepository { attempt, offset in
            ScriptedRepository.stream(offset..<100, attempt == 1 ? [.bytes(Array(Self.bytes[..<25]))] : [])
        }
        let error = await failure { try await read(source, .test(attempts: 3)) }
        #expect(error as? ContentError == .tooShort(Self.descriptor.digest, expected: 100, received: 25))
        #expect(source.openings.elements == [0, 25, 25])
    }

    @Test func `a connection that breaks after the last byte is no failure`() async throws {
        // To ask for the bytes behind the last would be answered with 416.
        let source = ScriptedRepository { attempt, offset in
            guard offset < 100 else { throw Fault(isTransient: false) }
            return ScriptedRepository.stream(offset..<100, [.bytes(Array(Self.bytes[Int(offset)...])), .fail(Fault())])
        }
        #expect(try await read(source) == Self.bytes)
        #expect(source.openings.elements == [0])
    }

    @Test func `does not repeat what another try cannot mend`() async {
        let source = ScriptedRepository(range: 0..<100, [.bytes([1]), .fail(Fault(isTransient: false))])
        #expect(await failure { try await read(source) } as? Fault == Fault(isTransient: false))
        #expect(source.openings.count == 1)
    }

    @Test func `does not open a stream again that was cancelled`() async {
        let clock = VirtualClock()
        let source = ScriptedRepository(range: 0..<100, [.bytes([1]), .cancel])
        let policy = RetryPolicy.test(clock)
        #expect(await failure { try await Task { try await read(source, policy) }.value } is CancellationError)
        #expect(source.openings.count == 1)
        #expect(clock.pauses.isEmpty)
    }

    @Test func `each reading of a stream counts for itself`() async throws {
        let source = source { attempt, _ in attempt == 2 ? 0 : nil }
        let stream = try await RetryingSource(source, policy: .test()).blob(Self.descriptor, from: 0)
        #expect(try await stream.collect() == Self.bytes)
        #expect(try await stream.collect() == Self.bytes)
    }

    @Test func `repeats each of the questions`() async throws {
        func flaky() -> (ScriptedRepository, RetryingSource) {
            let base = ScriptedRepository(answer: { attempt in if attempt < 3 { throw Fault() } })
            return (base, RetryingSource(base, policy: .test()))
        }
        let (tags, tagsSource) = flaky()
        #expect(try await tagsSource.tags().all() == [TagEntry(tag: .latest)])
        #expect(tags.calls.elements == ["tags", "tags", "tags"])
        let (resolve, resolveSource) = flaky()
        #expect(try await resolveSource.resolve(.tag(.latest)) == nil)
        #expect(resolve.calls.elements == ["resolve", "resolve", "resolve"])
        let (document, documentSource) = flaky()
        #expect(try await documentSource.document(at: .tag(.latest)) == nil)
        #expect(document.calls.elements == ["document", "document", "document"])
        let (contains, containsSource) = flaky()
        #expect(try await containsSource.contains(Self.descriptor))
        #expect(contains.calls.elements == ["contains", "contains", "contains"])
    }
}
