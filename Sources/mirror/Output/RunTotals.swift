// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import Replication

/// What has happened in a run so far: a fold over its events, from which progress and report are made.
struct RunTotals {
    /// Something that could not be done, with what it was.
    struct Failure {
        let subject: String
        let error: any Error
    }

    /// A blob on its way.
    struct Flight {
        let flight: BlobFlight
        var position: Int64 = 0
    }

    private(set) var repositories = 0
    private(set) var found = 0
    private(set) var new = 0
    private(set) var moved = 0
    private(set) var equal = 0
    /// Images that are equal, but for what hangs on them.
    private(set) var lacking = 0
    /// Referrers and signatures that were copied.
    private(set) var companions = 0
    private(set) var published = 0
    /// Images that differ and are not copied, since the job or somebody else speaks against it; these are failures, too.
    private(set) var refused = 0
    /// Images that are left to a later run, for want of pulls; these are failures, too.
    private(set) var postponed = 0
    /// Images for none of the platforms that are wanted.
    private(set) var unwanted = 0
    /// Images that another job brings the other way.
    private(set) var left = 0
    /// Images of which only the digest is known; they are among those that are new or moved.
    private(set) var unopened = 0
    /// What listings say of them: about how many bytes they have, and how many manifests.
    private(set) var bytesEstimated: Int64 = 0
    private(set) var manifestsEstimated = 0
    private(set) var failures: [Failure] = []
    private(set) var blobsCopied = 0
    private(set) var bytesCopied: Int64 = 0
    private(set) var blobsMounted = 0
    private(set) var blobsPresent = 0
    /// The bytes that did not have to be sent: found there, mounted, or needed more than once.
    private(set) var bytesSpared: Int64 = 0
    private(set) var bytesPlanned: Int64 = 0
    private(set) var layersLeftOut: Set<Digest> = []
    /// What a bundle does without, since the far side has it.
    private(set) var piecesAssumed = 0
    private(set) var bytesAssumed: Int64 = 0
    /// What a bundle does without, and its destination does not have.
    private(set) var piecesMissing = 0
    private(set) var namesSkipped = 0
    private(set) var flights: [Flight] = []
    private(set) var setbacks = Setbacks()
    private(set) var requests = RequestTally()

    /// The bytes that the blobs on their way have handed on.
    var bytesInFlight: Int64 { flights.reduce(0) { $0.addingClamped($1.position) } }

    /// The bytes that are to be sent as far as is known: what is planned without what was spared.
    var bytesToCopy: Int64 { max(bytesPlanned - bytesSpared, bytesCopied) }

    /// - Parameter source: The registry that is read, where there are several.
    mutating func take(_ event: RunEvent, of source: RegistryHost? = nil) {
        let place = source.map { "\($0)/" } ?? ""
        switch event {
        case .routeFound: repositories += 1
        case .routeFailed(let name, let error): failures.append(Failure(subject: place + name.text, error: error))
        case .equal:
            found += 1
            equal += 1
        case .planned(let plan):
            found += 1
            switch plan.change {
            case .new: new += 1
            case .moved: moved += 1
            case .unchanged: lacking += 1
            }
            bytesPlanned = bytesPlanned.addingClamped(plan.blobBytes)
            layersLeftOut.formUnion(plan.allLeftOut.map(\.digest))
        case .estimated(_, _, _, _, let old, let details):
            found += 1
            unopened += 1
            bytesEstimated = bytesEstimated.addingClamped(details?.size ?? 0)
            manifestsEstimated += details?.manifests ?? 1
            if old == nil { new += 1 } else { moved += 1 }
        case .unwanted:
            found += 1
            unwanted += 1
        case .refused(let route, let target, let refusal):
            // What is refused in the end was found before.
            if case .changedMeanwhile = refusal.reason {} else { found += 1 }
            refused += 1
            failures.append(Failure(subject: "\(place)\(route.source)\(target)", error: refusal))
        case .postponed(let route, let target, let shortage):
            found += 1
            postponed += 1
            failures.append(Failure(subject: "\(place)\(route.source)\(target)", error: shortage))
        case .left:
            found += 1
            left += 1
        case .blobStarted(let flight): flights.append(Flight(flight: flight))
        case .blobMoved(let flight, .position(let position)):
            // The newest flights move most often as a rule.
            if let index = flights.lastIndex(where: { $0.flight == flight }) { flights[index].position = position }
        case .blobMoved(let flight, let step):
            setbacks.take(step, sent: flights.last { $0.flight == flight }?.position ?? 0)
        case .blobEnded(let flight, let arrival):
            flights.removeAll { $0.flight == flight }
            take(arrival, size: flight.blob.size)
        case .blobShared(let blob, _): bytesSpared = bytesSpared.addingClamped(blob.size)
        case .published(let plan):
            published += 1
            companions += plan.companions.count
        case .leftOut(let pieces, let bytes):
            piecesAssumed += pieces
            bytesAssumed = bytesAssumed.addingClamped(bytes)
        case .missing: piecesMissing += 1
        case .failed(let route, let target, let error):
            failures.append(Failure(subject: "\(place)\(route.source)\(target)", error: error))
        }
    }

    mutating func take(_ record: RequestRecord, _ side: Side) { requests.add(record, side) }

    mutating func takeSkippedName() { namesSkipped += 1 }

    private mutating func take(_ arrival: Arrival?, size: Int64) {
        switch arrival {
        case .copied:
            blobsCopied += 1
            bytesCopied = bytesCopied.addingClamped(size)
        case .mounted:
            blobsMounted += 1
            bytesSpared = bytesSpared.addingClamped(size)
        case .present:
            blobsPresent += 1
            bytesSpared = bytesSpared.addingClamped(size)
        case nil: break
        }
    }
}

/// How many requests went where, and how fast they were answered.
struct RequestTally {
    /// The requests to one host.
    struct Host {
        var count = 0
        var total: Duration = .zero
        var slowest: Duration = .zero

        /// How long an answer took on average.
        var mean: Duration { count == 0 ? .zero : total / count }
    }

    private(set) var bySide: [Side: Int] = [:]
    private var byKind: [Kind: Int] = [:]
    private(set) var byHost: [String: Host] = [:]
    /// How many manifests may still be fetched, as it was said last.
    private(set) var pullLimits: [RegistryHost: PullLimit] = [:]

    private struct Kind: Hashable {
        let kind: RequestRecord.Kind
        let side: Side
    }

    /// How many requests of a kind went to a side.
    func count(_ kind: RequestRecord.Kind, _ side: Side) -> Int { byKind[Kind(kind: kind, side: side)] ?? 0 }

    mutating func add(_ record: RequestRecord, _ side: Side) {
        bySide[side, default: 0] += 1
        byKind[Kind(kind: record.kind, side: side), default: 0] += 1
        if let registry = record.registry, let limit = record.pullLimit { pullLimits[registry] = limit }
        // Hosts that redirects lead to are chosen by servers; their number is bounded here.
        guard byHost[record.host] != nil || byHost.count < 64 else { return }
        var host = byHost[record.host] ?? Host()
        host.count += 1
        host.total += record.duration
        host.slowest = max(host.slowest, record.duration)
        byHost[record.host] = host
    }
}
