// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
public import OCI
public import OCIContent
import Synchronization

/// How much of a registry's pulls is used, and what becomes of a run that has used them up.
public struct PullRule: Hashable, Sendable {
    /// What becomes of a run without pulls.
    public enum Shortage: String, Hashable, Sendable, CaseIterable {
        /// What needs pulls is left to the next run.
        case stop
        /// The run waits until the registry has some again.
        case wait
    }

    /// How many pulls are left for others.
    public var kept: Int
    /// What becomes of a run that has no more.
    public var shortage: Shortage

    /// Makes a rule.
    public init(kept: Int = 0, shortage: Shortage = .stop) {
        self.kept = kept
        self.shortage = shortage
    }
}

/// A run waits for pulls.
public struct PullPause: Sendable {
    /// What is missing.
    public let shortage: PullsUsedUp
    /// How long it is until the registry is asked again.
    public let next: Duration
}

/// The pulls of a registry, apart for each of its credentials.
public struct RegistryPulls: PullBudget {
    private let endpoint: RemoteEndpoint
    private let rule: PullRule
    private let hasMirrors: Bool
    private let waiting: @Sendable (PullPause) -> Void

    /// How long a run waits until it asks again how many pulls there are, which costs none.
    static let longestPause = Duration.seconds(300)

    /// - Parameters:
    ///   - hasMirrors: Whether manifests may come from elsewhere, so that too few pulls are no reason not to ask; only a refusal is.
    ///   - waiting: Told each time that a run begins to wait.
    public init(
        of endpoint: RemoteEndpoint,
        _ rule: PullRule = PullRule(),
        hasMirrors: Bool = false,
        waiting: @escaping @Sendable (PullPause) -> Void = { _ in }
    ) {
        self.endpoint = endpoint
        self.rule = rule
        self.hasMirrors = hasMirrors
        self.waiting = waiting
    }

    /// What the registry says, if it counts pulls; asked for where nothing was heard yet, which costs none.
    public func limit(for repository: RepositoryName?) async throws -> PullLimit? {
        let account = try await endpoint.registry.pullAccount(for: repository)
        let turn = try await account.turn.acquire()
        defer { turn.release() }
        if account.isUnknown { try await look(account, repository) }
        return account.limit
    }

    /// Sets pulls aside; those of one credential in the order in which they are asked for.
    public func reserve(_ count: Int, for repository: RepositoryName) async throws -> PullReservation {
        let account = try await endpoint.registry.pullAccount(for: repository)
        let turn = try await account.turn.acquire()
        defer { turn.release() }
        if account.isUnknown { try await look(account, repository) }
        var hasLooked = false
        while true {
            let shortage: PullLimit?
            switch account.take(count, keeping: rule.kept) {
            case .reserved: return PullReservation(count: count) { account.giveBack(count) }
            case .othersHold:
                try await account.change()
                continue
            case .usedUp where hasMirrors: return PullReservation(count: count) {}
            case .usedUp(let limit), .refused(let limit): shortage = limit
            }
            // What was heard long ago is asked for once more, which costs nothing.
            if hasLooked || !account.isOld(at: endpoint.registry.transport.watch.elapsed) {
                try await wait(
                    PullsUsedUp(place: endpoint.name, needed: count, limit: shortage, kept: rule.kept)
                )
            }
            hasLooked = true
            try await look(account, repository)
        }
    }

    /// Takes note of a refusal.
    public func refused(for repository: RepositoryName) async throws {
        try await endpoint.registry.pullAccount(for: repository).refused()
    }

    /// Waits for a while, where that is wanted and can help.
    private func wait(_ shortage: PullsUsedUp) async throws {
        let canHelp = shortage.limit.map { $0.limit - shortage.kept >= shortage.needed } ?? true
        guard rule.shortage == .wait, canHelp else { throw shortage }
        let pause = min(Self.longestPause, shortage.limit?.window ?? Self.longestPause)
        waiting(PullPause(shortage: shortage, next: pause))
        try await endpoint.registry.transport.watch.sleep(for: pause)
    }

    /// Asks how many pulls there are.
    ///
    /// Docker Hub has a repository for that, of which a HEAD costs none (its documentation, "Pull usage and limits"). Other
    /// registries are taken to have some until they say otherwise.
    private func look(_ account: PullAccount, _ repository: RepositoryName?) async throws {
        guard endpoint.registry.product == .dockerHub, let preview = try? RepositoryName("ratelimitpreview/test") else {
            return account.looked()
        }
        let api = endpoint.api(Authenticator.Access(repository: repository, scopes: [.repository(preview, .pull)]))
        do {
            let request = api.request(.HEAD, "/v2/\(preview)/manifests/latest", urgency: .urgent)
            let reply = try await api.send(request, during: .resolve, subject: "\(preview):latest")
            // Of this repository, it says that there is no limit.
            if reply.status == 200, PullLimit(reply.headers) == nil {
                account.heard(nil, at: endpoint.registry.transport.watch.elapsed)
            }
            try await reply.discard()
        } catch {
            // Whatever is wrong is met again by what needs the pulls, and told there.
            try Task.checkCancellation()
        }
        account.looked()
    }
}

extension RemoteEndpoint {
    /// Whether the registry is known to count how many manifests are fetched.
    public var countsPulls: Bool { registry.product == .dockerHub }
}

extension RemoteRegistry {
    /// The pulls of the credential that is used for a repository.
    func pullAccount(for repository: RepositoryName?) async throws -> PullAccount {
        let credential = try await transport.credential(for: repository)
        return pullAccounts.withLock { accounts in
            if let known = accounts[credential] { return known }
            let account = PullAccount()
            accounts[credential] = account
            return account
        }
    }

    /// Takes from an answer about a manifest how many pulls are left.
    func notePulls(_ reply: Reply, to exchange: Exchange) async throws {
        guard reply.url.origin == transport.policy.origin, exchange.isAboutManifest else { return }
        // An answer without a word of it is about an image that is not counted, and says nothing of others.
        guard let limit = PullLimit(reply.headers) else { return }
        try await pullAccount(for: exchange.access.repository).heard(limit, at: transport.watch.elapsed)
    }
}

extension Exchange {
    /// Whether it fetches a manifest, or asks for one.
    fileprivate var isAboutManifest: Bool {
        switch RequestRecord.Kind(method: method.rawValue, path: url.path) {
        case .manifest, .question: true
        default: false
        }
    }
}

extension RegistryError {
    /// Whether the registry gives no more manifests for now, while it answers everything else.
    ///
    /// Docker Hub refuses whoever asks too much of anything with the same status, but not in these words.
    var isPullRefusal: Bool {
        guard action == .readManifest, case .status(429, let errors) = cause else { return false }
        return errors.contains { $0.code == "TOOMANYREQUESTS" && $0.message.lowercased().contains("pull rate limit") }
    }
}
