// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A value that several tasks change.
public final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    /// Begins with a value.
    public init(_ value: Value) { state = Mutex(value) }

    /// The value now.
    public var value: Value { state.withLock { $0 } }

    /// Changes the value.
    @discardableResult
    public func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        state.withLock { value in
            var copy = value
            let result = body(&copy)
            value = copy
            return result
        }
    }
}

/// What a test waited for did not come about.
public struct NeverHappened: Error {}

/// Waits for something that another task brings about.
/// - Throws: ``NeverHappened`` after a minute.
public func waitUntil(_ isTrue: () -> Bool) async throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    while !isTrue() {
        guard ContinuousClock.now < deadline else { throw NeverHappened() }
        try await Task.sleep(for: .milliseconds(5))
    }
}
