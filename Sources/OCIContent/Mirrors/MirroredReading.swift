// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import Synchronization

/// The reading of a blob from one of several places; where one fails in the middle, the next one goes on from there.
struct MirroredReading {
    private typealias Candidates = MirrorCandidates<any ContentSource>

    /// Where a reading is.
    struct State {
        fileprivate var iterator: ByteStream.AsyncIterator
        fileprivate var position: Int64
        fileprivate let end: Int64

        init(_ stream: ByteStream) {
            iterator = stream.makeAsyncIterator()
            position = stream.range.lowerBound
            end = stream.range.upperBound
        }
    }

    private let descriptor: Descriptor
    private let candidates: Candidates
    private let finished: FinishedReadings
    /// The places that were not asked yet.
    private var rest: ArraySlice<Candidates.Candidate>
    /// The place that is read from.
    private var current: Candidates.Candidate?
    /// Why the place itself failed, or else the last mirror that did.
    private var failure: (error: any Error, isOfOrigin: Bool)?

    init(of descriptor: Descriptor, from candidates: MirrorCandidates<any ContentSource>, _ finished: FinishedReadings)
    {
        self.descriptor = descriptor
        self.candidates = candidates
        self.finished = finished
        var order = candidates.mirrors + [candidates.origin].compactMap { $0 }
        // Whoever has read all of it and comes back may have found it wrong: who gave it then is asked last.
        if let last = finished.giver(of: descriptor.digest),
            let place = order.firstIndex(where: { $0.condition === last })
        {
            order.append(order.remove(at: place))
        }
        rest = order[...]
    }

    /// Opens the blob at the next place that has it.
    /// - Throws: Why the place itself does not give it; what the last mirror said, where the place itself is not asked.
    mutating func open(_ range: Range<Int64>) async throws -> ByteStream {
        while let next = rest.popFirst() {
            if let reason = next.condition.reasonToSpare {
                keep(reason, of: next)
                continue
            }
            do {
                let stream = try await next.place.blob(descriptor, in: range)
                next.condition.answered()
                current = next
                return stream
            } catch {
                try candidates.passOver(next, error)
                keep(error, of: next)
            }
        }
        throw failure?.error ?? ContentError.missing(descriptor.digest)
    }

    /// The next bytes; `nil` at the end.
    mutating func next(_ state: inout State) async throws -> ByteBuffer? {
        while true {
            do { return try await pull(&state) } catch {
                guard let current, !rest.isEmpty, state.position < state.end else { throw error }
                try candidates.passOver(current, error)
                keep(error, of: current)
                let range = state.position..<state.end
                state.iterator = try await open(range).clipped(to: range).makeAsyncIterator()
            }
        }
    }

    private func pull(_ state: inout State) async throws -> ByteBuffer? {
        guard let buffer = try await state.iterator.next() else {
            guard state.position < state.end else { return nil }
            throw ContentError.tooShort(descriptor.digest, expected: descriptor.size, received: state.position)
        }
        let position = state.position + Int64(buffer.readableBytes)
        guard position <= state.end || rest.isEmpty else {
            throw ContentError.tooLong(descriptor.digest, expected: descriptor.size)
        }
        state.position = position
        if position == descriptor.size, let current { finished.note(descriptor.digest, from: current.condition) }
        return buffer
    }

    private mutating func keep(_ error: any Error, of candidate: Candidates.Candidate) {
        guard failure?.isOfOrigin != true else { return }
        failure = (error, candidates.isOrigin(candidate))
    }
}

/// Blobs that were read to their end, and who gave them last.
final class FinishedReadings: Sendable {
    /// More than these are not remembered; what is forgotten costs another reading of wrong bytes at most.
    private static let capacity = 10_000

    private let givers = Mutex<[Digest: PlaceCondition]>([:])

    func giver(of digest: Digest) -> PlaceCondition? { givers.withLock { $0[digest] } }

    func note(_ digest: Digest, from giver: PlaceCondition) {
        givers.withLock { givers in
            if givers.count >= Self.capacity { givers = [:] }
            givers[digest] = giver
        }
    }
}
