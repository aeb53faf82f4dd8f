// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Looks at blobs of the destination: asks for them, or reads them to their end.
struct BlobInspector: Sendable {
    /// The destination, to read.
    let place: any SourceEndpoint
    let depth: VerifyDepth
    let slots: Slots
    let verdicts: BlobVerdicts
    let events: @Sendable (VerifyEvent) -> Void

    /// What is the matter with a blob.
    /// - Throws: ``OCIContent/SideFailure`` if the destination does not say it; `CancellationError`.
    func verdict(of blob: Descriptor, on route: Route) async throws -> BlobVerdict {
        let key = BlobVerdicts.Place(repository: route.destination, digest: blob.digest, size: blob.size)
        return try await verdicts.verdict(of: key) {
            let slot = try await slots.acquire()
            defer { slot.release() }
            return try await look(at: blob, on: route)
        }
    }

    private func look(at blob: Descriptor, on route: Route) async throws -> BlobVerdict {
        guard case .content(let sample) = depth, sample.includes(blob.digest) else {
            return try await verdict { try await place.source(route.destination).contains(blob) ? .sound : .absent }
        }
        let first = try await verdict { try await read(blob, on: route) }
        // A proxy on the way may have spoilt the bytes: nothing is called damaged that was read once only.
        guard case .flawed(.bytes) = first else { return first }
        return try await verdict { try await read(blob, on: route) }
    }

    /// What an answer, or the lack of one, says of the blob.
    private func verdict(_ ask: () async throws -> BlobVerdict) async throws -> BlobVerdict {
        do { return try await ask() } catch {
            // A reading takes the place that it is from for the source.
            let cause = (error as? SideFailure)?.underlying ?? error
            guard let error = cause as? ContentError else { throw SideFailure.wrapping(cause, side: .destination) }
            return Finding.Flaw(error).map { .flawed($0) } ?? .absent
        }
    }

    private func read(_ blob: Descriptor, on route: Route) async throws -> BlobVerdict {
        let flight = BlobFlight(blob: blob, route: route)
        events(.readingStarted(flight))
        do {
            let content = BlobContent(blob, from: place.source(route.destination)) { step in
                if case .position(let position) = step { events(.readingMoved(flight, position)) }
            }
            for try await _ in try await content.open().stream {}
            events(.readingEnded(flight, wasRead: true))
            return .sound
        } catch {
            events(.readingEnded(flight, wasRead: false))
            throw error
        }
    }
}
