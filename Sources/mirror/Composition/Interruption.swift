// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Synchronization
import UnixSignals

/// Whether the work was asked to stop before its end, and by what.
final class Interruption: Sendable {
    /// What asked.
    enum Cause: Hashable {
        case signal(Int32)
        /// The time that was allowed is over.
        case deadline(Duration)
    }

    private let first = Mutex<Cause?>(nil)

    /// What asked first; `nil` if nothing did.
    var cause: Cause? { first.withLock { $0 } }

    /// The exit status that says so; `nil` if nothing asked.
    var exitCode: ExitCode? {
        switch cause {
        case .signal(let number): ExitCode(128 + number)
        case .deadline: .failure
        case nil: nil
        }
    }

    fileprivate func note(_ cause: Cause) { first.withLock { $0 = $0 ?? cause } }
}

/// Does the work of a command, which SIGINT and SIGTERM cancel, and the end of the time that it may take.
///
/// The first signal lets the work end in order; a second one ends the program at once.
func withInterruption(
    after limit: Duration? = nil,
    _ work: @escaping @Sendable (Interruption) async -> ExitCode
) async -> ExitCode {
    let interruption = Interruption()
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let task = Task { await work(interruption) }
    let listener = Task {
        var isSecond = false
        for await signal in signals {
            let number = signal == .sigterm ? SIGTERM : SIGINT
            if isSecond { _exit(128 + number) }
            isSecond = true
            interruption.note(.signal(number))
            task.cancel()
        }
    }
    let clock = limit.map { limit in
        Task {
            try await Task.sleep(for: limit)
            interruption.note(.deadline(limit))
            task.cancel()
        }
    }
    let code = await task.value
    listener.cancel()
    clock?.cancel()
    return code
}
