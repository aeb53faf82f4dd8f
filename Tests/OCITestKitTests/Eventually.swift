// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Waits until something is so that another task brings about.
func eventually(
    atMost limit: Duration = .seconds(60),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("it did not come to be", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}
