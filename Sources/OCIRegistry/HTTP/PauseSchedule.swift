// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Until when a host is left alone that asked for it with 429 or 503.
///
/// Times are those of one stopwatch.
struct PauseSchedule: Sendable {
    /// The longest pause, whatever the host asks for.
    static let longest = Duration.seconds(60)

    private var began: Duration?
    private var end = Duration.zero
    /// How many pauses in a row there were, without a good answer between them.
    private var inARow = 0
    private let random: @Sendable () -> Double

    /// A schedule of a host that has refused nothing yet.
    /// - Parameter random: A number from 0 to 1, for the jitter.
    init(random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }) { self.random = random }

    /// How much of a pause is left; `nil` if there is none.
    func rest(at now: Duration) -> Duration? { end > now ? end - now : nil }

    /// Takes a refusal.
    ///
    /// A host that does not say how long it wants to be left alone is asked again after 1, 2, 4… seconds. One that says that
    /// it may be asked at once is believed the first time only. Growing pauses come with up to a quarter more, so that many
    /// programs that were refused together do not come back together. A pause under way is made longer, never shorter.
    /// - Parameters:
    ///   - wish: How long the host asks to be left alone.
    ///   - sentAt: When the request was sent that is refused.
    /// - Returns: Whether a pause begins with it. Requests that were under way when it began are refused in its name only.
    mutating func refused(wish: Duration?, sentAt: Duration, now: Duration) -> Bool {
        let isNew = began.map { sentAt > $0 } ?? true
        if isNew { began = now }
        if let wish { end = max(end, now + min(max(wish, .zero), Self.longest)) }
        if isNew {
            if wish == nil || inARow > 0 && wish == .zero { end = max(end, now + growing()) }
            inARow += 1
        }
        return isNew
    }

    /// Takes an answer of another kind: the host is well again, unless the request was sent before it was not.
    mutating func answered(sentAt: Duration) {
        if began.map({ sentAt > $0 }) ?? true { inARow = 0 }
    }

    /// The next pause of a row, whatever the host says.
    private func growing() -> Duration {
        let doubled = Duration.seconds(1 << min(inARow, 6))
        return min(inARow > 0 ? doubled * (1 + random() / 4) : doubled, Self.longest)
    }
}
