// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Tells a peer that hardly moves from one that is slow: less than 1 KiB a second for as long as nothing at all may move.
///
/// A peer that sends a byte now and then would keep any idle timeout from ending, and a place at the gate for ever.
struct RateFloor: Sendable {
    /// What must move in a second, in bytes.
    static let bytesPerSecond = 1024.0

    /// How long a peer may take before it is judged.
    let window: Duration
    private var waited = Duration.zero
    private var bytes: Int64 = 0

    /// Makes a floor for one stream.
    init(window: Duration) { self.window = window }

    /// Takes bytes that moved.
    /// - Parameter wait: How long the peer was waited for; the time that our own side took does not count.
    /// - Throws: ``Stalled`` if too few moved.
    mutating func moved(_ count: Int, after wait: Duration) throws(Stalled) {
        waited += wait
        bytes &+= Int64(count)
        guard waited >= window else { return }
        guard Double(bytes) >= Self.bytesPerSecond * (waited / .seconds(1)) else { throw Stalled(limit: window) }
        waited = .zero
        bytes = 0
    }
}
