// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A body on its way through a proxy, with the harm that is done to it.
struct FaultyBody: Sendable {
    private let faults: ProxyFaults.Body
    private let loop: any EventLoop
    private var position: Int64 = 0
    private var due = NIODeadline.now()

    init(_ faults: ProxyFaults.Body, on loop: any EventLoop) {
        self.faults = faults
        self.loop = loop
    }

    /// What happens now, before the next byte passes.
    var reachedEnd: ProxyFaults.End? {
        faults.stop.flatMap { $0.bytes.map { $0 <= position } == true ? $0.end : nil }
    }

    /// What happens before the head passes.
    var endBeforeHead: ProxyFaults.End? { faults.stop.flatMap { $0.bytes == nil ? $0.end : nil } }

    /// Hands on the next part of the body, in pieces that are as small as its speed demands, up to where it stops.
    mutating func pass(_ buffer: ByteBuffer, _ write: (ByteBuffer) async throws -> Void) async throws {
        var rest = buffer
        while rest.readableBytes > 0, reachedEnd == nil {
            var count = rest.readableBytes
            if let stop = faults.stop?.bytes { count = Int(min(Int64(count), stop - position)) }
            // Fifty pieces a second, but no pieces of less than a byte.
            if let rate = faults.bytesPerSecond { count = min(count, max(1, rate / 50)) }
            guard var piece = rest.readSlice(length: count) else { return }
            flip(&piece)
            try await pace(count)
            try await write(piece)
            position += Int64(count)
        }
    }

    private func flip(_ piece: inout ByteBuffer) {
        guard let (byte, bit) = faults.flippedBit, (position..<position + Int64(piece.readableBytes)).contains(byte)
        else { return }
        let index = piece.readerIndex + Int(byte - position)
        if let value = piece.getInteger(at: index, as: UInt8.self) { piece.setInteger(value ^ (1 << bit), at: index) }
    }

    private mutating func pace(_ count: Int) async throws {
        guard let rate = faults.bytesPerSecond else { return }
        due = max(due, .now()) + .nanoseconds(Int64(count) * 1_000_000_000 / Int64(rate))
        try await loop.sleep(until: due)
    }
}

extension EventLoop {
    /// Waits by a timer of the loop, which also runs where blocked threads hold up the timers of tasks.
    /// - Throws: When the task is cancelled.
    func sleep(until deadline: NIODeadline) async throws {
        let timer = scheduleTask(deadline: deadline) {}
        try await withTaskCancellationHandler {
            try await timer.futureResult.get()
        } onCancel: {
            timer.cancel()
        }
    }
}
