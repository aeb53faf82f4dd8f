// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import OCI
import OCIContent

/// What was found out about a blob of the destination.
enum BlobVerdict: Hashable, Sendable {
    case sound
    case absent
    case flawed(Finding.Flaw)
}

/// Remembers what was found out about blobs, so that each is read once in each repository, however many images share it.
///
/// Bounded: the oldest is forgotten, which costs another reading and nothing else.
actor BlobVerdicts {
    /// A blob of a repository, with the size that a manifest states: another may state a wrong one.
    struct Place: Hashable {
        let repository: RepositoryName
        let digest: Digest
        let size: Int64
    }

    private struct Entry {
        var verdict: BlobVerdict?
        var isBeingLookedAt = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        /// Whether somebody has set out to send it again in this run.
        var isClaimed = false
        /// Whether it was sent again in this run.
        var isSent = false
    }

    private let capacity: Int
    private var entries: [Place: Entry] = [:]
    private var ages: Deque<Place> = []

    init(capacity: Int = 100_000) { self.capacity = capacity }

    /// What is known of a blob, or what looking at it shows.
    ///
    /// Who wants to know what another is just looking at waits for that.
    func verdict(
        of place: Place,
        _ look: @Sendable () async throws -> BlobVerdict
    ) async throws -> BlobVerdict {
        while entries[place]?.isBeingLookedAt == true {
            await withCheckedContinuation { entries[place]?.waiters.append($0) }
        }
        if let verdict = entries[place]?.verdict { return verdict }
        try Task.checkCancellation()
        if entries[place] == nil { ages.append(place) }
        entries[place, default: Entry()].isBeingLookedAt = true
        forgetOldest()
        defer { endLook(at: place) }
        let verdict = try await look()
        entries[place]?.verdict = verdict
        return verdict
    }

    private func endLook(at place: Place) {
        entries[place]?.isBeingLookedAt = false
        let waiters = entries[place]?.waiters ?? []
        entries[place]?.waiters = []
        for waiter in waiters { waiter.resume() }
    }

    /// Asks for the right to send a blob again: only once in a run.
    /// - Returns: Whether the caller is the first.
    func claimSending(_ place: Place) -> Bool {
        guard let entry = entries[place], !entry.isClaimed else { return entries[place] == nil }
        entries[place]?.isClaimed = true
        return true
    }

    /// Notes that a blob has arrived once more, so that it is to be looked at afresh: once in a run.
    func noteSent(_ place: Place) {
        guard let entry = entries[place], !entry.isSent else { return }
        entries[place]?.isSent = true
        entries[place]?.verdict = nil
    }

    /// Keeps within the capacity; what is being looked at stays.
    private func forgetOldest() {
        var looked = 0
        while entries.count > capacity, looked < 16, let oldest = ages.popFirst() {
            looked += 1
            if entries[oldest]?.isBeingLookedAt == true {
                ages.append(oldest)
            } else {
                entries[oldest] = nil
            }
        }
    }
}
