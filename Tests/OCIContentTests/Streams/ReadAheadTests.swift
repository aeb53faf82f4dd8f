// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCIContent
import Testing

@Suite struct ReadAheadTests {
    private struct Fault: Error {}

    private func numbers(_ count: Int, _ pulled: Recorder<Int> = Recorder(), end: (any Error)? = nil) -> ByteStream {
        ByteStream(range: 0..<Int64(count)) {
            var next = 0
            return {
                guard next < count else {
                    if let end { throw end }
                    return nil
                }
                defer { next += 1 }
                pulled.record(next)
                return ByteBuffer(bytes: [UInt8(truncatingIfNeeded: next)])
            }
        }
    }

    @Test(arguments: [1, 2, 10, 1000])
    func `everything comes in order, whatever the bound`(_ bound: Int) async throws {
        let stream = numbers(500)
        let ahead = ReadAhead(upTo: bound) { stream }
        var bytes: [UInt8] = []
        while let buffer = try await ahead.next() { bytes += buffer.readableBytesView }
        #expect(bytes == (0..<500).map { UInt8(truncatingIfNeeded: $0) })
        #expect(try await ahead.next() == nil)
    }

    @Test func `no more is pulled than the bound allows until somebody reads`() async throws {
        let pulled = Recorder<Int>()
        let stream = numbers(100, pulled)
        let ahead = ReadAhead(upTo: 5) { stream }
        _ = try await ahead.next()
        for _ in 0..<200 { await Task.yield() }
        try await Task.sleep(for: .milliseconds(20))
        #expect(pulled.elements.count <= 6)
        while try await ahead.next() != nil {}
        #expect(pulled.elements.count == 100)
    }

    @Test func `what came before an error is delivered before it`() async throws {
        let stream = numbers(3, end: Fault())
        let ahead = ReadAhead(upTo: 100) { stream }
        for _ in 0..<3 { #expect(try await ahead.next() != nil) }
        await #expect(throws: Fault.self) { try await ahead.next() }
        await #expect(throws: Fault.self) { try await ahead.next() }
    }

    @Test func `a stream that cannot be opened is an error`() async throws {
        let ahead = ReadAhead(upTo: 1) { throw Fault() }
        await #expect(throws: Fault.self) { try await ahead.next() }
    }

    @Test func `a reader that is cancelled does not wait on`() async throws {
        let ahead = ReadAhead(upTo: 1) {
            try await Task.sleep(for: .seconds(3600))
            return ByteStream(ByteBuffer())
        }
        let reader = Task { try await ahead.next() }
        try await Task.sleep(for: .milliseconds(5))
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }

    @Test func `nobody pulls for a reader that is gone`() async throws {
        let ended = Recorder<Bool>()
        func begin() async throws {
            let ahead = ReadAhead(upTo: 1) {
                do { try await Task.sleep(for: .seconds(3600)) } catch {
                    ended.record(true)
                    throw error
                }
                return ByteStream(ByteBuffer())
            }
            withExtendedLifetime(ahead) {}
        }
        try await begin()
        while ended.elements.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
    }
}
