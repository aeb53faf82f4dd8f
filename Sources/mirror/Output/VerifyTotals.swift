// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Replication

/// What a verification has found so far: a fold over its events.
struct VerifyTotals {
    private(set) var repositories = 0
    private(set) var sound = 0
    private(set) var missing = 0
    private(set) var moved = 0
    private(set) var unlisted = 0
    private(set) var extra = 0
    private(set) var incomplete = 0
    private(set) var damaged = 0
    private(set) var healed = 0
    private(set) var unhealed = 0
    private(set) var failures: [RunTotals.Failure] = []
    private(set) var blobsRead = 0
    private(set) var bytesRead: Int64 = 0
    private(set) var blobsSent = 0
    private(set) var bytesSent: Int64 = 0
    private(set) var flights: [RunTotals.Flight] = []
    private var differing: Set<String> = []

    /// Images in which something was found.
    var imagesDiffering: Int { differing.count }

    /// What was found and takes something away from what is selected.
    var differences: Int { missing + moved + incomplete + damaged }

    /// What of it is still so.
    var remaining: Int { max(differences - healed, unhealed) }

    /// The bytes that were moved, those of the blobs on their way among them.
    var bytesMoved: Int64 { flights.reduce(bytesRead.addingClamped(bytesSent)) { $0.addingClamped($1.position) } }

    mutating func take(_ event: VerifyEvent) {
        switch event {
        case .routeFound: repositories += 1
        case .routeFailed(let name, let error): failures.append(.init(subject: name.text, error: error))
        case .sound: sound += 1
        case .found(let finding): take(finding)
        case .healed: healed += 1
        case .unhealed: unhealed += 1
        case .failed(let route, let target, let error):
            failures.append(.init(subject: "\(route.source)\(target)", error: error))
        case .readingStarted(let flight): flights.append(RunTotals.Flight(flight: flight))
        case .readingMoved(let flight, let position): move(flight, to: position)
        case .readingEnded(let flight, let wasRead):
            flights.removeAll { $0.flight == flight }
            if wasRead {
                blobsRead += 1
                bytesRead = bytesRead.addingClamped(flight.blob.size)
            }
        case .transfer(let event): take(event)
        }
    }

    private mutating func take(_ finding: Finding) {
        switch finding.kind {
        case .missing: missing += 1
        case .moved: moved += 1
        case .unlisted: unlisted += 1
        case .extra: extra += 1
        case .incomplete: incomplete += 1
        case .damaged: damaged += 1
        }
        if finding.isDifference { differing.insert("\(finding.route.destination)\(finding.target)") }
    }

    private mutating func take(_ event: RunEvent) {
        switch event {
        case .blobStarted(let flight): flights.append(RunTotals.Flight(flight: flight))
        case .blobMoved(let flight, .position(let position)): move(flight, to: position)
        case .blobEnded(let flight, let arrival):
            flights.removeAll { $0.flight == flight }
            if arrival == .copied {
                blobsSent += 1
                bytesSent = bytesSent.addingClamped(flight.blob.size)
            }
        default: break
        }
    }

    private mutating func move(_ flight: BlobFlight, to position: Int64) {
        if let index = flights.lastIndex(where: { $0.flight == flight }) { flights[index].position = position }
    }
}
