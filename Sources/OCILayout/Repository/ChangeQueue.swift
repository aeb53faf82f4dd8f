// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The changes of one repository that wait for its lock; those that wait together are made durable together.
struct ChangeQueue: Sendable {
    /// A change that somebody waits for.
    struct Pending: Sendable {
        /// Makes the change, without making it durable; what is returned tells the waiting one how that ended.
        let run: @Sendable (ChangeSession) -> @Sendable ((any Error)?) -> Void
        /// Tells the waiting one that the change was not tried.
        let fail: @Sendable (any Error) -> Void

        init<Value: Sendable>(
            _ body: @escaping @Sendable (ChangeSession) throws -> Value,
            _ continuation: CheckedContinuation<Value, any Error>
        ) {
            run = { session in
                let outcome = Result { try session.attempt(body) }
                return { failure in
                    if let failure, case .success = outcome {
                        continuation.resume(throwing: failure)
                    } else {
                        continuation.resume(with: outcome)
                    }
                }
            }
            fail = { continuation.resume(throwing: $0) }
        }
    }

    private(set) var isRunning = false
    private var waiting: [Pending] = []

    /// How many changes wait.
    var count: Int { waiting.count }

    /// Adds a change.
    /// - Returns: Whether somebody must begin to work.
    mutating func add(_ change: Pending) -> Bool {
        waiting.append(change)
        defer { isRunning = true }
        return !isRunning
    }

    /// Takes all changes that wait.
    mutating func takeAll() -> [Pending] {
        defer { waiting = [] }
        return waiting
    }

    /// Stops if nothing waits.
    /// - Returns: Whether it stopped.
    mutating func stopIfEmpty() -> Bool {
        guard waiting.isEmpty else { return false }
        isRunning = false
        return true
    }

    /// Stops with changes waiting, and hands them out.
    mutating func stop() -> [Pending] {
        isRunning = false
        return takeAll()
    }
}
