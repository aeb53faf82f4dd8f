// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import OCILayout

/// Counts the steps that a store makes, and can make one of them fail.
final class StepCount: Sendable {
    private struct State {
        var steps: [FileStep] = []
        var failure: (@Sendable (FileStep) throws -> Void)?
    }

    private let state = Mutex(State())

    var observer: FileStep.Observer {
        { step in
            let failure = self.state.withLock { state in
                state.steps.append(step)
                return state.failure
            }
            try failure?(step)
        }
    }

    var steps: [FileStep] { state.withLock { $0.steps } }

    func forget() { state.withLock { $0.steps = [] } }

    /// Lets the steps fail that `body` throws for; `nil` for none.
    func fail(_ body: (@Sendable (FileStep) throws -> Void)?) { state.withLock { $0.failure = body } }

    /// The bytes written to files whose path ends so.
    func bytes(to suffix: String) -> Int {
        steps.reduce(0) { sum, step in
            if case .write(let path, let bytes) = step, path.hasSuffix(suffix) { sum + bytes } else { sum }
        }
    }
}
