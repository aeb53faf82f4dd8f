// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NIOCore
import OCI

/// One reading of a blob over several connections, whose bytes come in their order.
///
/// The first bytes come over one connection. If it was what the reader waited for, more come in parts, each over a
/// connection of its own, and as long as that is faster, all the rest; otherwise the rest comes in one stream.
///
/// It is unchecked because a stream is read by one task, as its contract says.
final class ParallelReading: @unchecked Sendable {
    private struct Part {
        let ahead: ReadAhead
        let slot: Slots.Slot
    }

    private let descriptor: Descriptor
    private let end: Int64
    private let origin: any ContentSource
    private let terms: ParallelTerms
    private let room: Slots
    private var current: ByteStream.AsyncIterator?
    private var isTrial = true
    private let verdict: ParallelVerdict
    private var single = ReadingPace()
    /// How fast the first connection was, in bytes a second.
    private var trialRate = 0.0
    private var several = ReadingPace()
    private var partsRead = 0
    private var isRefuted = false
    private var parts: Deque<Part> = []
    /// The first byte that nobody was asked for yet.
    private var asked: Int64

    init(
        of descriptor: Descriptor,
        to end: Int64,
        _ first: ByteStream,
        _ origin: any ContentSource,
        _ terms: ParallelTerms,
        _ room: Slots,
        _ verdict: ParallelVerdict
    ) {
        self.descriptor = descriptor
        self.end = end
        self.origin = origin
        self.terms = terms
        self.room = room
        self.verdict = verdict
        current = first.makeAsyncIterator()
        asked = first.range.upperBound
    }

    func next() async throws -> ByteBuffer? {
        while true {
            if current != nil {
                single.began()
                let buffer = try await current?.next()
                single.ended(buffer?.readableBytes ?? 0)
                if let buffer { return buffer }
                current = nil
            } else if let part = parts.first {
                several.began()
                if let buffer = try await part.ahead.next() {
                    several.ended(buffer.readableBytes)
                    return buffer
                }
                parts.removeFirst()
                partsRead += 1
            }
            if current == nil, parts.isEmpty, asked >= end { return nil }
            try await open()
        }
    }

    /// Asks for what follows, as far as there is room.
    private func open() async throws {
        guard asked < end else { return }
        if isTrial {
            isTrial = false
            trialRate = single.rate
            if single.waitingShare < terms.waiting { refute() }
            several = ReadingPace()
        } else if partsRead == terms.partsAhead, several.rate < trialRate * terms.gain {
            refute()
        }
        guard !isRefuted else {
            if parts.isEmpty { try await goOn(to: end) }
            return
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

    private func refute() {
        isRefuted = true
        verdict.refuted()
    }

    private func goOn(to bound: Int64) async throws {
        let range = asked..<bound
        asked = bound
        current = try await origin.blob(descriptor, in: range).clipped(to: range).makeAsyncIterator()
    }
}

/// How fast bytes come, and how much of the time they are waited for.
private struct ReadingPace {
    private let start = ContinuousClock.now
    private var since = ContinuousClock.now
    private var end = ContinuousClock.now
    private var waited = Duration.zero
    private var bytes: Int64 = 0

    private var time: Duration { start.duration(to: end) }

    /// The share of the time that was spent waiting, from 0 to 1.
    var waitingShare: Double { time > .zero ? waited / time : 0 }
    /// Bytes a second.
    var rate: Double { time > .zero ? Double(bytes) / (time / .seconds(1)) : 0 }

    mutating func began() { since = .now }

    mutating func ended(_ count: Int) {
        end = .now
        waited += since.duration(to: end)
        bytes += Int64(count)
    }
}
