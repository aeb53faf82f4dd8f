// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

extension EndpointConformance {
    /// What becomes of blobs that are wrong: nothing.
    static let wrongContentPromises = [
        Promise("wrong bytes never arrive under the name of right ones") { trial in
            let right = trial.blob()
            var bytes = right.bytes
            bytes[bytes.count - 1] ^= 1
            try await refuses(BuiltBlob(bytes), as: right, trial)
        },
        Promise("a blob with too few bytes never arrives") { trial in
            let right = trial.blob()
            try await refuses(BuiltBlob(Array(right.bytes.dropLast())), as: right, trial)
        },
        Promise("a blob with too many bytes never arrives") { trial in
            let right = trial.blob()
            try await refuses(BuiltBlob(right.bytes + [0]), as: right, trial)
        },
        Promise("a blob whose reading fails half-way never arrives, and the failure is the reader's") { trial in
            let right = trial.blob()
            let content = trial.content(right, failure: BrokenPromise("the reading fails"))
            do {
                _ = try await trial.sink.write(content, heldBy: nil)
                throw BrokenPromise("it was taken")
            } catch let failure as SideFailure {
                try trial.expect(failure.side == .source, "the \(failure.side.rawValue) is said to have failed")
            }
            try await takes(right, trial)
        },
    ]

    /// Writes bytes under a name that is not theirs, then the right ones.
    private static func refuses(_ wrong: BuiltBlob, as right: BuiltBlob, _ trial: Trial) async throws {
        try await trial.expectThrow("it was taken") {
            _ = try await trial.sink.write(trial.content(wrong, claiming: right.descriptor), heldBy: nil)
        }
        try await takes(right, trial)
    }

    /// What went wrong before leaves neither a blob nor an obstacle.
    private static func takes(_ right: BuiltBlob, _ trial: Trial) async throws {
        try trial.expect(try await !trial.sink.contains(right.descriptor), "it is contained")
        let arrival = try await trial.sink.write(trial.content(right), heldBy: nil)
        try trial.expect(arrival == .copied, "the right one after it was \(arrival)")
        let stream = try await trial.source.blob(right.descriptor, from: 0)
        try trial.expect(try await trial.bytes(of: stream) == right.bytes, "the right one reads back differently")
    }
}
