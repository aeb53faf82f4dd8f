// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
@testable import OCIContent
import Synchronization
import Testing

@Suite struct ThrottleTests {
    private static func throttle(_ limit: Int64?, _ clock: VirtualClock) -> Throttle {
        Throttle(clock: clock) { limit }
    }

    private static func elapsed(_ clock: VirtualClock) -> Double { clock.now.offset / .seconds(1) }

    private static let content = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }

    @Test(arguments: [(1 << 10, 1024), (256 << 10, 4), (1 << 20, 1)] as [(Int64, Int)])
    func `a stream takes as long as its limit says, and stays the same`(_ limit: Int64, _ seconds: Int) async throws {
        let clock = VirtualClock()
        let stream = ByteStream(ByteBuffer(bytes: Self.content)).paced(by: [Self.throttle(limit, clock)])
        #expect(stream.range == 0..<(1 << 20))
        var bytes: [UInt8] = []
        for try await piece in stream {
            #expect(piece.readableBytes > 0)
            #expect(piece.readableBytes <= max(1, limit / 8))
            bytes += piece.readableBytesView
        }
        #expect(bytes == Self.content)
        #expect(abs(Self.elapsed(clock) - Double(seconds)) < 0.01, "\(Self.elapsed(clock))")
    }

    @Test func `the streams of one limit share it, piece by piece`() async throws {
        let clock = VirtualClock()
        let throttle = Self.throttle(256 << 10, clock)
        var streams = (0..<2)
            .map { _ in
                ByteStream(ByteBuffer(bytes: Self.content)).paced(by: [throttle]).makeAsyncIterator()
            }
        var counts = [0, 0]
        while true {
            var isOver = true
            for index in streams.indices {
                guard let piece = try await streams[index].next() else { continue }
                counts[index] += piece.readableBytes
                isOver = false
            }
            #expect(counts[0] == counts[1])
            if isOver { break }
        }
        #expect(abs(Self.elapsed(clock) - 8) < 0.01)
    }

    @Test func `what was not used is kept for a quarter of a second`() async throws {
        let clock = VirtualClock()
        let throttle = Self.throttle(1000, clock)
        try await throttle.take(1000)
        try await clock.sleep(for: .seconds(3600))
        let before = clock.pauses.count
        try await throttle.take(250)
        #expect(clock.pauses.count == before)
        try await throttle.take(500)
        #expect(clock.pauses.last == .milliseconds(500))
    }

    @Test func `without a limit nothing waits, and nothing is cut`() async throws {
        let clock = VirtualClock()
        let buffers = try await ByteStream(ByteBuffer(bytes: Self.content)).paced(by: [Self.throttle(nil, clock)])
            .reduce(into: []) { $0.append($1.readableBytes) }
        #expect(buffers == [1 << 20])
        #expect(clock.pauses.isEmpty)
    }

    @Test func `the lowest of several limits counts`() async throws {
        let clock = VirtualClock()
        let throttles = [Self.throttle(1 << 30, clock), Self.throttle(1 << 18, clock), Self.throttle(nil, clock)]
        _ = try await ByteStream(ByteBuffer(bytes: Self.content)).paced(by: throttles).collect()
        #expect(abs(Self.elapsed(clock) - 4) < 0.01)
    }

    @Test func `a limit may change while a blob is under way`() async throws {
        let clock = VirtualClock()
        let limit = Mutex<Int64?>(1 << 18)
        let throttle = Throttle(clock: clock) { limit.withLock { $0 } }
        var stream = ByteStream(ByteBuffer(bytes: Self.content)).paced(by: [throttle]).makeAsyncIterator()
        for _ in 0..<16 { _ = try await stream.next() }
        #expect(abs(Self.elapsed(clock) - 2) < 0.01)
        limit.withLock { $0 = nil }
        while try await stream.next() != nil {}
        #expect(abs(Self.elapsed(clock) - 2) < 0.01)
    }

    @Test func `whoever waits can be cancelled`() async throws {
        let throttle = Self.throttle(1, VirtualClock())
        let task = Task {
            cancelCurrentTask()
            try await throttle.take(1000)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(arguments: [0, -1, 1, .max] as [Int64])
    func `odd limits do not trap`(_ limit: Int64) async throws {
        let throttle = Self.throttle(limit, VirtualClock())
        #expect(try #require(throttle.piece) >= 1)
        try await throttle.take(1 << 20)
    }

    @Test func `a place is read and written at its pace`() async throws {
        let clock = VirtualClock()
        let memory = MemoryEndpoint()
        let name = try RepositoryName("team/app")
        let blob = memory[name].add(Self.content)
        let paced = PacedEndpoint(memory, throttles: [Self.throttle(256 << 10, clock)])
        _ = try await paced.source(name).blob(blob, from: 1 << 19).collect()
        #expect(abs(Self.elapsed(clock) - 2) < 0.01)
        let positions = Recorder<Int64>()
        let content = BlobContent(blob, from: memory[name]) {
            if case .position(let position) = $0 { positions.record(position) }
        }
        let arrival = try await paced.sink(RepositoryName("team/other")).write(content, heldBy: nil)
        #expect(arrival == .copied)
        #expect(abs(Self.elapsed(clock) - 6) < 0.01)
        #expect(positions.elements.last == 1 << 20)
        #expect(positions.elements == positions.elements.sorted())
    }
}
