// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Synchronization

/// Ends an upload in which nothing moves any more, or the reading of the answer to a write.
///
/// The HTTP client cannot: its write timer stops when the peer stops reading, and its read timer starts only after the
/// last byte was sent, so a peer that stops reading would hold an upload for ever. A read timer of the client would also
/// cut short the time that a registry has to confirm a blob, so the client that writes has none.
struct ProgressWatchdog {
    let idleTimeout: Duration
    let commitTimeout: Duration

    /// Where an upload is, told by the task that pulls its bytes.
    final class Progress: Sendable {
        enum Step {
            /// The bytes are waited for; whoever delivers them has limits of its own.
            case reading
            /// Bytes were handed on and are being sent.
            case sending
            /// All bytes are sent, and the answer is waited for.
            case sent
            /// The answer has begun, and its rest is waited for.
            case answering
        }

        private let state: Mutex<(step: Step, since: ContinuousClock.Instant)>

        init(_ step: Step = .sending) { state = Mutex((step, .now)) }

        func entered(_ step: Step) { state.withLock { $0 = (step, .now) } }

        /// When the step under way will have taken too long.
        func deadline(_ watchdog: ProgressWatchdog) -> (instant: ContinuousClock.Instant, limit: Duration)? {
            let (step, since) = state.withLock { $0 }
            switch step {
            case .reading: return nil
            case .sending, .answering: return (since.advanced(by: watchdog.idleTimeout), watchdog.idleTimeout)
            case .sent: return (since.advanced(by: watchdog.commitTimeout), watchdog.commitTimeout)
            }
        }
    }

    /// Runs an upload, or reads an answer; either must tell `progress` of each step.
    /// - Throws: `ConnectionFailure.stalled` if a step takes longer than allowed.
    func run<Value: Sendable>(
        _ progress: Progress,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while true {
                    let deadline = progress.deadline(self)
                    if let deadline, deadline.instant <= .now { throw Stalled(limit: deadline.limit) }
                    try await Task.sleep(
                        until: deadline?.instant ?? .now.advanced(by: idleTimeout),
                        clock: .continuous
                    )
                }
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw CancellationError()
        }
    }
}

/// Nothing moved for too long.
struct Stalled: Error {
    let limit: Duration
}
