// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import OCI
import OCIContent

/// Knows which repository of the destination holds what, so that bytes cross once in a run.
///
/// A claim is held only while its write runs. Whoever wants the same content meanwhile waits without holding anything up,
/// and is woken to mount it, or to take over a claim that failed. What is known is bounded: the oldest is forgotten, which
/// costs a request and nothing else.
actor ArrivalLedger {
    /// What is claimed.
    ///
    /// The same bytes can be wanted as a blob and as a manifest (an artifact can have a manifest as its layer); a place
    /// that holds the one does not hold the other.
    enum Content: Hashable {
        /// A blob. A repository can take it from another one, so that only the first write of a run moves bytes, and it is
        /// waited for by all repositories.
        case blob(Digest)
        /// A manifest. Each repository gets its own.
        case manifest(Digest)
    }

    /// What a claim says.
    enum Claim: Equatable {
        /// The repository holds the content: it was confirmed in this run.
        case held
        /// The caller is to write it, and to call ``settle(_:on:_:)`` whatever happens. Where another repository holds it,
        /// it can be mounted from there.
        case granted(sibling: RepositoryName?)
    }

    /// How a claim ended.
    enum Outcome {
        case arrived(Arrival)
        /// Another may have more luck.
        case failed
        /// Nobody can have more luck with the same repository of the source: it does not deliver.
        case impossible(any Error)
    }

    private struct Entry {
        var holders: Set<RepositoryName> = []
        var writers: Set<RepositoryName> = []
        var impossible: [RepositoryName: any Error] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let capacity: Int
    private let hints: any HolderHints
    private var entries: [Content: Entry] = [:]
    private var ages: Deque<Content> = []

    /// Makes an empty ledger.
    /// - Parameters:
    ///   - capacity: How much is remembered, in pieces of content.
    ///   - hints: What earlier runs knew.
    init(capacity: Int = 100_000, hints: any HolderHints = NoHints()) {
        self.capacity = capacity
        self.hints = hints
    }

    /// Asks for the right to write content into a repository, and waits while it is being written by others.
    ///
    /// - Parameter route: Where the content would be read from, and where it is to be.
    /// - Throws: The error of a claim that proved impossible; `CancellationError`.
    func claim(_ content: Content, on route: Route) async throws -> Claim {
        let repository = route.destination
        while true {
            try Task.checkCancellation()
            if entries[content] == nil { ages.append(content) }
            var entry = entries[content] ?? Entry()
            if entry.holders.contains(repository) { return .held }
            // What another repository holds can be mounted, whatever the source lacks.
            if entry.holders.isEmpty, let error = entry.impossible[route.source] { throw error }
            let isFirstOnItsWay = entry.holders.isEmpty && !entry.writers.isEmpty
            let mustWait =
                switch content {
                case .blob: entry.writers.contains(repository) || isFirstOnItsWay
                case .manifest: entry.writers.contains(repository)
                }
            guard mustWait else {
                entry.writers.insert(repository)
                entries[content] = entry
                forgetOldest()
                guard case .blob(let digest) = content else { return .granted(sibling: nil) }
                let sibling = entry.holders.first ?? hints.holder(of: digest)
                // Noted before the first byte: after a kill, the next run looks here first.
                if sibling == nil { hints.note(digest, in: repository) }
                return .granted(sibling: sibling == repository ? nil : sibling)
            }
            await withCheckedContinuation { continuation in
                entry.waiters.append(continuation)
                entries[content] = entry
            }
        }
    }

    /// Ends a claim.
    func settle(_ content: Content, on route: Route, _ outcome: Outcome) {
        guard var entry = entries[content] else { return }
        entry.writers.remove(route.destination)
        switch outcome {
        case .arrived(let arrival):
            entry.holders.insert(route.destination)
            // The hint that was followed, if there was one, was wrong.
            if arrival == .copied, case .blob(let digest) = content { hints.note(digest, in: route.destination) }
        case .failed: break
        case .impossible(let error): entry.impossible[route.source] = error
        }
        let waiters = entry.waiters
        entry.waiters = []
        entries[content] = entry
        for waiter in waiters { waiter.resume() }
    }

    /// Forgets that a repository holds something: it is gone again.
    func forget(_ content: Content, in repository: RepositoryName) { entries[content]?.holders.remove(repository) }

    /// Keeps the ledger within its capacity; what is being written or waited for stays.
    private func forgetOldest() {
        var looked = 0
        while entries.count > capacity, looked < 16, let oldest = ages.popFirst() {
            looked += 1
            guard let entry = entries[oldest] else { continue }
            if entry.writers.isEmpty, entry.waiters.isEmpty {
                entries[oldest] = nil
            } else {
                ages.append(oldest)
            }
        }
    }
}
