// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import Testing

@Suite("BlobContent (C06, C09)")
struct BlobContentTests {
    /// Reads a blob to its end or its error.
    private func read(
        _ descriptor: Descriptor,
        _ steps: [ScriptedRepository.Step]
    ) async throws -> (bytes: [UInt8], error: (any Error)?, failure: (any Error)?, positions: [Int64]) {
        let positions = Recorder<Int64>()
        let source = ScriptedRepository(range: 0..<descriptor.size, steps)
        let reading = try await BlobContent(descriptor, from: source, watch: positions.record(step:)).open()
        #expect(reading.failure == nil)
        #expect(reading.stream.range == 0..<descriptor.size)
        var bytes: [UInt8] = []
        do {
            for try await buffer in reading.stream { bytes += buffer.readableBytesView }
        } catch {
            return (bytes, error, reading.failure, positions.elements)
        }
        return (bytes, nil, reading.failure, positions.elements)
    }

    private func cause(_ error: (any Error)?) -> ContentError? {
        guard let failure = error as? SideFailure else { return nil }
        #expect(failure.side == .source)
        return failure.underlying as? ContentError
    }

    @Test(arguments: Digest.Algorithm.allCases, [1, 2, 7, 100])
    func `hands on all bytes where length and digest are right`(_ algorithm: Digest.Algorithm, piece: Int) async throws
    {
        let bytes = Fixture.bytes(100)
        let steps = stride(from: 0, to: 100, by: piece)
            .map { start in
                ScriptedRepository.Step.bytes(Array(bytes[start..<min(start + piece, 100)]))
            }
        let result = try await read(Fixture.blob(bytes, algorithm: algorithm), steps)
        #expect(result.bytes == bytes)
        #expect(result.error == nil)
        #expect(result.failure == nil)
    }

    @Test(arguments: Digest.Algorithm.allCases, [1, 2, 7, 99, 100])
    func `holds the last bytes back where the digest is wrong`(_ algorithm: Digest.Algorithm, piece: Int) async throws {
        let descriptor = Fixture.blob(Fixture.bytes(100), algorithm: algorithm)
        var wrong = Fixture.bytes(100)
        wrong[0] ^= 1
        let steps = stride(from: 0, to: 100, by: piece)
            .map { start in
                ScriptedRepository.Step.bytes(Array(wrong[start..<min(start + piece, 100)]))
            }
        let result = try await read(descriptor, steps)
        let actual = Digester.digest(of: wrong, algorithm: algorithm)
        #expect(cause(result.error) == .wrongDigest(expected: descriptor.digest, actual: actual))
        #expect(cause(result.failure) == cause(result.error))
        #expect(result.bytes.count < 100)
        #expect(result.bytes == Array(wrong.prefix(result.bytes.count)))
    }

    @Test func `stops at the first byte too many`() async throws {
        let bytes = Fixture.bytes(10)
        let descriptor = Fixture.blob(bytes)
        let endless = [ScriptedRepository.Step](repeating: .bytes([0]), count: 1000)
        let result = try await read(descriptor, [.bytes(bytes)] + endless + [.fail(Fault())])
        #expect(cause(result.error) == .tooLong(descriptor.digest, expected: 10))
        #expect(cause(result.failure) == .tooLong(descriptor.digest, expected: 10))
        #expect(result.bytes.isEmpty)
    }

    @Test(arguments: [1, 3, 5, 11])
    func `delivers less than the whole where there is too much`(_ piece: Int) async throws {
        let bytes = Fixture.bytes(11)
        let descriptor = Fixture.blob(Array(bytes.prefix(10)))
        let steps = stride(from: 0, to: 11, by: piece)
            .map { start in
                ScriptedRepository.Step.bytes(Array(bytes[start..<min(start + piece, 11)]))
            }
        let result = try await read(descriptor, steps)
        #expect(cause(result.error) == .tooLong(descriptor.digest, expected: 10))
        #expect(result.bytes.count < 10)
    }

    @Test(arguments: [0, 1, 5, 9])
    func `notices that bytes are missing at the end`(_ count: Int) async throws {
        let bytes = Fixture.bytes(10)
        let descriptor = Fixture.blob(bytes)
        let result = try await read(descriptor, bytes.prefix(count).map { .bytes([$0]) })
        #expect(cause(result.error) == .tooShort(descriptor.digest, expected: 10, received: Int64(count)))
        #expect(cause(result.failure) == cause(result.error))
        #expect(result.bytes.count == max(0, count - 1))
    }

    @Test(arguments: Digest.Algorithm.allCases)
    func `reads a blob of no bytes`(_ algorithm: Digest.Algorithm) async throws {
        let descriptor = Fixture.blob([], algorithm: algorithm)
        for steps in [[], [.bytes([])]] as [[ScriptedRepository.Step]] {
            let result = try await read(descriptor, steps)
            #expect(result.bytes == [])
            #expect(result.error == nil)
        }
        let tooLong = try await read(descriptor, [.bytes([1])])
        #expect(cause(tooLong.error) == .tooLong(descriptor.digest, expected: 0))
        #expect(tooLong.bytes == [])
    }

    @Test func `checks the digest of a blob that is said to have no bytes`() async throws {
        var descriptor = Fixture.blob([1])
        descriptor.size = 0
        let result = try await read(descriptor, [])
        #expect(cause(result.error) == .wrongDigest(expected: descriptor.digest, actual: Digester.digest(of: [])))
    }

    @Test func `allocates nothing from a size`() async throws {
        var descriptor = Fixture.blob([1, 2])
        descriptor.size = .max
        let result = try await read(descriptor, [.bytes([1]), .bytes([2])])
        #expect(cause(result.error) == .tooShort(descriptor.digest, expected: .max, received: 2))
    }

    @Test func `marks what the source throws with its side`() async throws {
        let descriptor = Fixture.blob([1, 2, 3])
        let result = try await read(descriptor, [.bytes([1]), .bytes([2]), .fail(Fault())])
        let failure = try #require(result.error as? SideFailure)
        #expect(failure.side == .source)
        #expect(failure.underlying as? Fault == Fault())
        #expect((result.failure as? SideFailure)?.underlying as? Fault == Fault())
        #expect(result.bytes == [1])

        let closed = ScriptedRepository { _, _ in throw Fault() }
        let opening = await OCIContentTests.failure { try await BlobContent(descriptor, from: closed).open() }
        #expect((opening as? SideFailure)?.side == .source)
        #expect((opening as? SideFailure)?.underlying as? Fault == Fault())
    }

    @Test func `passes cancellation as it is`() async throws {
        let source = ScriptedRepository(range: 0..<3, [.bytes([1]), .cancel])
        let reading = try await BlobContent(Fixture.blob([1, 2, 3]), from: source).open()
        let error = await OCIContentTests.failure { try await Task { try await reading.stream.collect() }.value }
        #expect(error is CancellationError)
        #expect(reading.failure is CancellationError)
    }

    @Test func `a reading that failed never ends well later`() async throws {
        var wrong = Fixture.bytes(10)
        wrong[9] ^= 1
        let source = ScriptedRepository(range: 0..<10, [.bytes(wrong)])
        let reading = try await BlobContent(Fixture.blob(Fixture.bytes(10)), from: source).open()
        var iterator = reading.stream.makeAsyncIterator()
        for _ in 0..<3 { #expect(await OCIContentTests.failure { try await iterator.next() } is SideFailure) }
    }

    @Test func `speaks of positions from the start of the blob, as far as bytes were handed on`() async throws {
        let bytes = Fixture.bytes(6)
        let descriptor = Fixture.blob(bytes)
        let result = try await read(
            descriptor,
            [.bytes([bytes[0]]), .bytes([]), .bytes(Array(bytes[1..<4])), .bytes(Array(bytes[4...]))]
        )
        #expect(result.positions == [0, 1, 4, 6, 6])
        let failed = try await read(descriptor, [.bytes([bytes[0]]), .bytes([bytes[1]]), .fail(Fault())])
        #expect(failed.positions == [0, 1])
    }

    @Test func `falls back to the start when it is opened again`() async throws {
        let bytes = Fixture.bytes(2)
        let positions = Recorder<Int64>()
        let source = ScriptedRepository(range: 0..<2, [.bytes([bytes[0]]), .bytes([bytes[1]])])
        let content = BlobContent(Fixture.blob(bytes), from: source, watch: positions.record(step:))
        for _ in 0..<2 { #expect(try await content.open().stream.collect() == bytes) }
        #expect(positions.elements == [0, 1, 2, 2, 0, 1, 2, 2])
        #expect(source.openings.elements == [0, 0])
    }
}

extension Recorder<Int64> {
    /// Records how far a blob is.
    fileprivate func record(step: BlobStep) { if case .position(let position) = step { record(position) } }
}
