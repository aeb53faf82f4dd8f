// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A place whose large blobs are read over several connections at once, where one connection is too slow for the reader.
///
/// On a long link a connection brings what fits into its window in each round trip, however fast both ends are. The parts
/// that are read ahead wait in memory, within one bound for all blobs.
public struct ParallelEndpoint<Origin: SourceEndpoint>: SourceEndpoint {
    private let origin: Origin
    private let terms: ParallelTerms
    private let room: Slots
    private let verdict = ParallelVerdict()

    /// Wraps a place.
    public init(_ origin: Origin, _ terms: ParallelTerms = ParallelTerms()) {
        self.origin = origin
        self.terms = terms
        room = Slots(terms.partsAhead)
    }

    /// What the place is called.
    public var name: String { origin.name }

    /// The names of all repositories; see ``Endpoint/catalog(below:)``.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { origin.catalog(below: paths) }

    /// One repository of the place.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        ParallelSource(base: origin.source(repository), terms: terms, room: room, verdict: verdict)
    }
}

/// When a blob is read over several connections, and over how many.
public struct ParallelTerms: Hashable, Sendable {
    /// Only blobs from this size on.
    public var minimumSize: Int64 = 48 << 20
    /// The bytes that are read over one connection first, to see whether it is too slow.
    public var trial: Int64 = 8 << 20
    /// The bytes of a part.
    public var part: Int64 = 3 << 20
    /// The parts of all blobs that are read ahead at the same time, so that together they bound the memory.
    public var partsAhead = 6
    /// The share of the trial's time that was spent waiting for bytes, from which on the connection is too slow.
    public var waiting = 0.7
    /// How many times as fast several connections must be as one, so that there are more than a few parts.
    public var gain = 1.5

    /// The usual terms.
    public init() {}
}

/// A repository whose large blobs are read over several connections.
private struct ParallelSource: ForwardingSource {
    let base: any ContentSource
    let terms: ParallelTerms
    let room: Slots
    let verdict: ParallelVerdict

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        guard Int64(range.count) >= terms.minimumSize, verdict.isWorthTrying() else {
            return try await base.blob(descriptor, in: range)
        }
        let trial = range.lowerBound..<(range.lowerBound + terms.trial)
        let first = try await base.blob(descriptor, in: trial)
        // A place without ranges delivers everything at once.
        guard first.range.upperBound < range.upperBound else { return first }
        return ByteStream(range: first.range.lowerBound..<range.upperBound) {
            let reading = ParallelReading(of: descriptor, to: range.upperBound, first, base, terms, room, verdict)
            return { try await reading.next() }
        }
    }
}
