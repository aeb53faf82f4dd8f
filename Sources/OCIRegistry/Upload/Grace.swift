// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Lets work come to its end although its task is cancelled, but not for longer than a grace.
///
/// A piece of an upload that is cut is lost at many registries, together with all before it.
func withGrace<Value: Sendable>(
    _ grace: Duration,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    // A task of its own, which the caller's cancellation does not reach at once.
    let task = Task { try await work() }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        Task {
            try? await Task.sleep(for: grace)
            task.cancel()
        }
    }
}
