// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Synchronization
import UnixSignals

/// Whether somebody asked the program to stop, and by which signal.
final class Interruption: Sendable {
    private let signal = Mutex<Int32?>(nil)

    /// The exit status that says so; `nil` if nobody asked.
    var exitCode: ExitCode? { signal.withLock { $0 }.map { ExitCode(128 + $0) } }

    fileprivate func note(_ number: Int32) { signal.withLock { $0 = $0 ?? number } }
}

/// Does the work of a command, which SIGINT and SIGTERM cancel.
///
/// The first signal lets the work end in order; a second one ends the program at once.
func withInterruption(_ work: @escaping @Sendable (Interruption) async -> ExitCode) async -> ExitCode {
    let interruption = Interruption()
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let task = Task { await work(interruption) }
    let listener = Task {
        var isSecond = false
        for await signal in signals {
            let number = signal == .sigterm ? SIGTERM : SIGINT
            if isSecond { _exit(128 + number) }
            isSecond = true
            interruption.note(number)
            task.cancel()
        }
    }
    let code = await task.value
    listener.cancel()
    return code
}
