// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What is known of a blob from its readings so far: hashes of its beginnings, and how much of it has been acknowledged.
///
/// The hash of a beginning is what lets a reading go on in the middle, without reading the beginning again.
final class HashTrail: Sendable {
    /// The hash of the first `offset` bytes.
    struct Mark {
        let offset: Int64
        let digester: Digester
    }

    /// The distance of the marks.
    static let stride: Int64 = 4 << 20
    /// How many marks are kept; uploads go on near where they stopped.
    private static let maximumMarks = 32

    private struct State {
        var marks: [Mark] = []
        var acknowledged: Int64 = 0
    }

    private let state = Mutex(State())

    /// The most bytes from the start that a destination has ever acknowledged in an upload of the blob.
    var acknowledged: Int64 { state.withLock { $0.acknowledged } }

    func acknowledge(_ offset: Int64) { state.withLock { $0.acknowledged = max($0.acknowledged, offset) } }

    /// The last mark that is not behind an offset.
    func mark(upTo offset: Int64) -> Mark? { state.withLock { $0.marks.last { $0.offset <= offset } } }

    /// Remembers the hash of a beginning.
    func add(_ mark: Mark) {
        state.withLock { state in
            // A second reading comes along the same way.
            state.marks.removeAll { $0.offset >= mark.offset }
            state.marks.append(mark)
            if state.marks.count > Self.maximumMarks { state.marks.removeFirst() }
        }
    }

    /// Forgets the marks, of bytes that were wrong.
    func forget() { state.withLock { $0.marks = [] } }
}
