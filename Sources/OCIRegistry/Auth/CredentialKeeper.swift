// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Keeps what was found of credentials: each is looked up once however many wait for it, and again before it ends.
///
/// It protects what was found, and who waits. A credential that ends is looked up again when three quarters of its life
/// are over, and never given out after its end. If looking again fails, the old one is used as long as it is good.
actor CredentialKeeper<Key: Hashable & Sendable> {
    /// Looks a credential up; `nil` if there is none.
    typealias Look = @Sendable (Key) async throws -> Credential?

    private typealias Outcome = Result<Credential?, any Error>

    private struct Kept {
        let credential: Credential?
        var renewal: Duration?
        let end: Duration?

        func isFresh(_ now: Duration) -> Bool { renewal.map { now < $0 } ?? true }
        func isGood(_ now: Duration) -> Bool { end.map { now < $0 } ?? true }

        /// The credential with the life that is left to it.
        func credential(at now: Duration) -> Credential? {
            guard let credential, let end else { return credential }
            return credential.living(end - now)
        }
    }

    private static var capacity: Int { 512 }

    private let watch: Stopwatch
    private let failureLife: Duration
    private let look: Look
    private var kept: [Key: Kept] = [:]
    private var failures: [Key: (error: any Error, end: Duration)] = [:]
    private var waiters: [Key: [CheckedContinuation<Outcome, Never>]] = [:]

    /// - Parameter failureLife: How long a failure that does not pass by itself is remembered instead of looking again.
    init(watch: Stopwatch, failureLife: Duration = .zero, look: @escaping Look) {
        self.watch = watch
        self.failureLife = failureLife
        self.look = look
    }

    /// The credential for a key, with the life that is left to it.
    func credential(for key: Key) async throws -> Credential? {
        while true {
            let now = watch.elapsed
            if let known = kept[key], known.isGood(now), known.isFresh(now) || waiters[key] != nil {
                return known.credential(at: now)
            }
            if let failure = failures[key], now < failure.end { throw failure.error }
            guard waiters[key] != nil else { return try await find(key) }
            let outcome = await withCheckedContinuation { waiters[key]?.append($0) }
            try Task.checkCancellation()
            // Whoever looked was cancelled, which is no reason for those who waited.
            if case .failure(is CancellationError) = outcome { continue }
            return try outcome.get()
        }
    }

    /// Looks everything up anew from now on.
    func forgetAll() {
        kept = [:]
        failures = [:]
    }

    private func find(_ key: Key) async throws -> Credential? {
        waiters[key] = []
        var outcome: Outcome
        do { outcome = .success(try await look(key)) } catch { outcome = .failure(error) }
        let now = watch.elapsed
        switch outcome {
        case .success(let credential): keep(credential, for: key, now)
        case .failure(let error): outcome = outlived(error, key, now)
        }
        for waiter in waiters.removeValue(forKey: key) ?? [] { waiter.resume(returning: outcome) }
        return try outcome.get()
    }

    private func keep(_ credential: Credential?, for key: Key, _ now: Duration) {
        if kept.count >= Self.capacity { kept = [:] }
        failures[key] = nil
        let life = credential?.life
        kept[key] = Kept(
            credential: credential,
            renewal: life.map { now + $0 * 0.75 },
            end: life.map { now + $0 }
        )
    }

    /// What a failure means: nothing as long as there is something good, which is looked up again later.
    private func outlived(_ error: any Error, _ key: Key, _ now: Duration) -> Outcome {
        if error is CancellationError { return .failure(error) }
        if var known = kept[key], let end = known.end, now < end {
            known.renewal = now + (end - now) * 0.25
            kept[key] = known
            return .success(known.credential(at: now))
        }
        // Whoever meets the others again has pauses of his own.
        guard failureLife > .zero, (error as? any TransientError)?.isTransient != true else { return .failure(error) }
        if failures.count >= Self.capacity { failures = [:] }
        failures[key] = (error, now + failureLife)
        return .failure(error)
    }
}
