// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

#if FAILPOINTS
import Synchronization

/// What is to happen at a step: `NAME:kill` or `NAME:error`, and perhaps `:K` for the K-th time that the step is made.
public struct Failpoint: Hashable, Sendable {
    /// What happens instead of the step.
    public enum Action: String, CaseIterable, Hashable, Sendable {
        /// The process ends at once, as by SIGKILL.
        case kill
        /// The step fails with ``FailpointError``.
        case error
    }

    /// The step.
    public let name: FailpointName
    /// What happens.
    public let action: Action
    /// At which time, from 1.
    public let time: Int

    /// Reads the text of a failpoint.
    public init(parsing text: String) throws(FailpointMistake) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let name = FailpointName(rawValue: String(parts[0])),
            let action = Action(rawValue: String(parts[1])), let time = parts.count == 3 ? Int(parts[2]) : 1, time > 0
        else { throw FailpointMistake(text: text) }
        self.name = name
        self.action = action
        self.time = time
    }

    /// Lets the whole process meet the failpoint, once.
    /// - Parameter kill: Ends the process at once.
    public func arm(kill: @escaping @Sendable () -> Void) { ArmedFailpoint.shared.arm(self, kill: kill) }
}

/// A text is no failpoint.
public struct FailpointMistake: Error, Hashable, Sendable {
    /// The text.
    public let text: String
}

/// A step failed because a test wanted that.
public struct FailpointError: Error, Hashable, Sendable {
    /// The step.
    public let name: FailpointName
}

/// The failpoint that is armed, and how often its step was made.
final class ArmedFailpoint: Sendable {
    private struct State {
        let failpoint: Failpoint
        let kill: @Sendable () -> Void
        var passed = 0
    }

    static let shared = ArmedFailpoint()
    private let state = Mutex<State?>(nil)

    func arm(_ failpoint: Failpoint, kill: @escaping @Sendable () -> Void) {
        state.withLock { $0 = State(failpoint: failpoint, kill: kill) }
    }

    func pass(_ name: FailpointName) throws {
        let met = state.withLock { state -> State? in
            guard state?.failpoint.name == name else { return nil }
            state?.passed += 1
            guard let now = state, now.passed == now.failpoint.time else { return nil }
            return now
        }
        switch met?.failpoint.action {
        case .kill: met?.kill()
        case .error: throw FailpointError(name: name)
        case nil: break
        }
    }
}
#endif
