// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NIOCore
import OCI

/// One reading of a blob over several connections, whose bytes come in their order.
///
/// The first bytes come over one connection. If it was what the reader waited for, the rest comes in parts, each over a
/// connection of its own, and otherwise in one stream.
///
/// It is unchecked because a stream is read by one task, as its contract says.
final class ParallelReading: @unchecked Sendable {
    private struct Part {
        let ahead: ReadAhead
        let slot: Slots.Slot?
    }

    private let descriptor: Descriptor
    private let end: Int64
    private let origin: any ContentSource
    private let terms: ParallelTerms
    private let room: Slots
    private var current: ByteStream.AsyncIterator?
    /// Where the stream that is read now ends.
    private var currentEnd: Int64
    private var isTrial = true
    private var watch = WaitingShare()
    private var parts: Deque<Part> = []
    /// The first byte that nobody was asked for yet.
    private var asked: Int64

    init(
        of descriptor: Descriptor,
        to end: Int64,
        _ first: ByteStream,
        _ origin: any ContentSource,
        _ terms: ParallelTerms,
        _ room: Slots
    ) {
        self.descriptor = descriptor
        self.end = end
        self.origin = origin
        self.terms = terms
        self.room = room
        current = first.makeAsyncIterator()
        currentEnd = first.range.upperBound
        asked = currentEnd
    }

    func next() async throws -> ByteBuffer? {
        while true {
            if current != nil {
                watch.began()
                let buffer = try await current?.next()
                watch.ended(buffer?.readableBytes ?? 0)
                if let buffer { return buffer }
                current = nil
            } else if let part = parts.first {
                if let buffer = try await part.ahead.next() { return buffer }
                parts.removeFirst()
            } else if currentEnd >= end, asked >= end {
                return nil
            }
            try await open()
        }
    }

    /// Asks for what follows, as far as there is room.
    private func open() async throws {
        guard asked < end else {
            currentEnd = end
            return
        }
        if isTrial {
            isTrial = false
            guard watch.isSlow(terms) else { return try await goOn(to: end) }
        }
        // Without room the blob goes on by itself, a part at a time, so that no blob ever waits for another.
        while parts.count < terms.partsAhead, asked < end, let slot = room.tryAcquire() {
            let range = asked..<min(asked + terms.part, end)
            asked = range.upperBound
            // A bound that is never reached: the part is read to its end, and gives its connection back, whoever waits for it.
            let ahead = ReadAhead(upTo: range.count + 1) { [origin, descriptor] in
                try await origin.blob(descriptor, in: range).clipped(to: range)
            }
            parts.append(Part(ahead: ahead, slot: slot))
        }
        if parts.isEmpty { try await goOn(to: min(asked + terms.part, end)) }
    }

    private func goOn(to bound: Int64) async throws {
        let range = asked..<bound
        asked = bound
        currentEnd = bound
        current = try await origin.blob(descriptor, in: range).clipped(to: range).makeAsyncIterator()
    }
}

/// How much of a reading's time was spent waiting for bytes.
private struct WaitingShare {
    private let start = ContinuousClock.now
    private var since = ContinuousClock.now
    private var waited = Duration.zero
    private var bytes: Int64 = 0

    mutating func began() { since = .now }

    mutating func ended(_ count: Int) {
        waited += since.duration(to: .now)
        bytes += Int64(count)
    }

    func isSlow(_ terms: ParallelTerms) -> Bool {
        let whole = start.duration(to: .now)
        guard whole > .zero else { return false }
        return waited / whole >= terms.waiting && Double(bytes) / (whole / .seconds(1)) < Double(terms.fastEnough)
    }
}
