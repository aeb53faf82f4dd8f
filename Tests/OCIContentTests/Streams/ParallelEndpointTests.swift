// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import Testing

/// Large blobs over several connections: the same bytes in the same order, within a bound.
@Suite struct ParallelEndpointTests {
    private static let size: Int64 = 1_000_003

    /// A place with one blob, which notes what it is asked for.
    private struct Place: SourceEndpoint, ContentSource {
        let asked = Recorder<Range<Int64>>()
        /// Streams that are being read.
        let open = Recorder<Int>()
        var servesRanges = true
        /// Done before bytes of the stream from an offset are given.
        var before: @Sendable (_ start: Int64, _ position: Int64) async throws -> Void = { _, _ in }

        var name: String { "place" }

        func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { Pages([]) }
        func source(_ repository: RepositoryName) -> any ContentSource { self }
        func tags() -> Pages<TagEntry> { Pages([]) }
        func resolve(_ target: Target) async throws -> Descriptor? { nil }
        func document(at target: Target) async throws -> ManifestDocument? { nil }
        func contains(_ blob: Descriptor) async throws -> Bool { true }

        func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
            asked.record(range)
            let range = servesRanges ? range : 0..<descriptor.size
            return ByteStream(range: range) { [before] in
                var position = range.lowerBound
                return {
                    guard position < range.upperBound else { return nil }
                    try await before(range.lowerBound, position)
                    let end = min(position + 10_007, range.upperBound)
                    defer { position = end }
                    return ByteBuffer(bytes: (position..<end).map(ParallelEndpointTests.byte))
                }
            }
        }
    }

    private struct Fault: Error {}

    private static func byte(at offset: Int64) -> UInt8 { UInt8(truncatingIfNeeded: offset &* 31 &+ offset >> 8) }

    private static let blob = Descriptor(
        mediaType: .ociLayerGzip,
        digest: Digester.digest(of: (0..<size).map(byte)),
        size: size
    )

    /// - Parameter waiting: The share of waiting that counts as slow: 0 for always, 2 for never.
    private func terms(waiting: Double, gain: Double = 0) -> ParallelTerms {
        var terms = ParallelTerms()
        terms.minimumSize = 500_000
        terms.trial = 100_000
        terms.part = 70_000
        terms.partsAhead = 4
        terms.waiting = waiting
        terms.gain = gain
        return terms
    }

    private func source(_ place: Place, waiting: Double, gain: Double = 0) throws -> any ContentSource {
        ParallelEndpoint(place, terms(waiting: waiting, gain: gain)).source(try RepositoryName("a"))
    }

    private func check(_ stream: ByteStream, from offset: Int64 = 0) async throws {
        var position = offset
        for try await buffer in stream.clipped(to: offset..<Self.size) {
            for byte in buffer.readableBytesView {
                guard byte == Self.byte(at: position) else {
                    Issue.record("wrong byte at \(position)")
                    return
                }
                position += 1
            }
        }
        #expect(position == Self.size)
    }

    @Test(arguments: [Int64(0), 1, 99_999, 400_000])
    func `a slow connection is joined by others, whose parts come in order`(_ offset: Int64) async throws {
        let place = Place { start, _ in
            // The later a part, the sooner it comes.
            try await Task.sleep(for: .microseconds((Self.size - start) / 2000))
        }
        try await check(try source(place, waiting: 0).blob(Self.blob, from: offset), from: offset)
        let asked = place.asked.elements.sorted { $0.lowerBound < $1.lowerBound }
        // Each byte is asked for once.
        #expect(asked.first?.lowerBound == offset)
        #expect(asked.last?.upperBound == Self.size)
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(asked.count > 5)
    }

    @Test func `a connection that is fast enough is left alone`() async throws {
        let place = Place()
        try await check(try source(place, waiting: 2).blob(Self.blob, from: 0))
        #expect(place.asked.elements == [0..<100_000, 100_000..<Self.size])
    }

    @Test func `parts that do not help are given up, and the next blobs are asked for once`() async throws {
        let place = Place()
        let endpoint = ParallelEndpoint(place, terms(waiting: 0, gain: .infinity))
        let source = endpoint.source(try RepositoryName("a"))
        try await check(try await source.blob(Self.blob, from: 0))
        let first = place.asked.elements
        // The first bytes, the parts, and some that were begun meanwhile; then all the rest.
        #expect(first.first == 0..<100_000)
        #expect(first.last?.upperBound == Self.size)
        #expect(first.count <= 12)
        try await check(try await source.blob(Self.blob, from: 0))
        #expect(place.asked.elements.dropFirst(first.count) == [0..<Self.size])
    }

    @Test func `a small blob, or the rest of one, is asked for once`() async throws {
        let place = Place()
        try await check(try source(place, waiting: 0).blob(Self.blob, from: 600_000), from: 600_000)
        #expect(place.asked.elements == [600_000..<Self.size])
    }

    @Test func `a place without ranges delivers all at once`() async throws {
        let place = Place(servesRanges: false)
        try await check(try source(place, waiting: 0).blob(Self.blob, from: 0))
        #expect(place.asked.elements == [0..<100_000])
    }

    @Test func `a part that fails is an error where its bytes are due`() async throws {
        let place = Place { start, position in if start > 300_000, position > start { throw Fault() } }
        var read: Int64 = 0
        await #expect(throws: Fault.self) {
            for try await buffer in try await source(place, waiting: 0).blob(Self.blob, from: 0) {
                read += Int64(buffer.readableBytes)
            }
        }
        #expect(read >= 300_000)
    }

    @Test func `many blobs at once share one room and all come to their end`() async throws {
        let place = Place { start, _ in try await Task.sleep(for: .microseconds(start % 7 * 100)) }
        let endpoint = ParallelEndpoint(place, terms(waiting: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await check(try endpoint.source(RepositoryName("a")).blob(Self.blob, from: 0))
                }
            }
            try await group.waitForAll()
        }
    }
}
