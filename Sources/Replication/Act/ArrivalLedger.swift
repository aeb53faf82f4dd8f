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
        var impossible: [RepositoryName: any Error] = [:]
        var writers: Set<RepositoryName> = []
        var waiters: [CheckedContinuation<Void, Never>] = []

        var isEmpty: Bool { holders.isEmpty && impossible.isEmpty && writers.isEmpty && waiters.isEmpty }
    }

    /// What was found out of content.
    private enum Fact {
        case held(Content, in: RepositoryName)
        case impossible(Content, from: RepositoryName)
    }

    private let capacity: Int
    private let hints: any HolderHints
    /// Changed in place only: the set of those that hold a common layer can be long, and a copy of an entry would copy it.
    private var entries: [Content: Entry] = [:]
    /// The oldest first; what was forgotten meanwhile still stands here.
    private var facts: Deque<Fact> = []

    /// Makes an empty ledger.
    /// - Parameters:
    ///   - capacity: How much is remembered, in pairs of content and repository.
    ///   - hints: What earlier runs knew.
    init(capacity: Int = 1 << 15, hints: any HolderHints = NoHints()) {
        self.capacity = capacity
        self.hints = hints
    }

    /// Asks for the right to write content into a repository, and waits while it is being written by others.
    ///
    /// - Parameter route: Where the content would be read from, and where it is to be.
    /// - Throws: The error of a claim that proved impossible; `CancellationError`.
    func claim(_ content: Content, on route: Route) async throws -> Claim {
        while true {
            try Task.checkCancellation()
            if let claim = try answer(content, on: route) { return claim }
            await withCheckedContinuation { entries[content, default: Entry()].waiters.append($0) }
        }
    }

    /// What can be said of a claim now; `nil` while others write the content.
    private func answer(_ content: Content, on route: Route) throws -> Claim? {
        let repository = route.destination
        let holder = entries[content]?.holders.first
        if entries[content]?.holders.contains(repository) == true { return .held }
        // What another repository holds can be mounted, whatever the source lacks.
        if holder == nil, let error = entries[content]?.impossible[route.source] { throw error }
        let isBeingWritten = entries[content]?.writers.isEmpty == false
        if entries[content]?.writers.contains(repository) == true { return nil }
        // Who wants a blob waits for the first write of it, to mount it then.
        if case .blob = content, holder == nil, isBeingWritten { return nil }
        entries[content, default: Entry()].writers.insert(repository)
        guard case .blob(let digest) = content else { return .granted(sibling: nil) }
        let sibling = holder ?? hints.holder(of: digest)
        // Noted before the first byte: after a kill, the next run looks here first.
        if sibling == nil { hints.note(digest, in: repository) }
        return .granted(sibling: sibling == repository ? nil : sibling)
    }

    /// Ends a claim.
    func settle(_ content: Content, on route: Route, _ outcome: Outcome) {
        entries[content]?.writers.remove(route.destination)
        switch outcome {
        case .arrived(let arrival):
            let isNew = entries[content, default: Entry()].holders.insert(route.destination).inserted
            if isNew { remember(.held(content, in: route.destination)) }
            // The hint that was followed, if there was one, was wrong.
            if arrival == .copied, case .blob(let digest) = content { hints.note(digest, in: route.destination) }
        case .failed: break
        case .impossible(let error):
            let old = entries[content, default: Entry()].impossible.updateValue(error, forKey: route.source)
            if old == nil { remember(.impossible(content, from: route.source)) }
        }
        let waiters = entries[content]?.waiters ?? []
        entries[content]?.waiters = []
        dropIfEmpty(content)
        for waiter in waiters { waiter.resume() }
    }

    /// Forgets that a repository holds something: it is gone again.
    func forget(_ content: Content, in repository: RepositoryName) {
        entries[content]?.holders.remove(repository)
        dropIfEmpty(content)
    }

    private func remember(_ fact: Fact) {
        facts.append(fact)
        if facts.count > capacity, let oldest = facts.popFirst() { drop(oldest) }
    }

    private func drop(_ fact: Fact) {
        switch fact {
        case .held(let content, let repository): forget(content, in: repository)
        case .impossible(let content, let repository):
            entries[content]?.impossible[repository] = nil
            dropIfEmpty(content)
        }
    }

    /// What is being written or waited for stays.
    private func dropIfEmpty(_ content: Content) { if entries[content]?.isEmpty == true { entries[content] = nil } }
}
