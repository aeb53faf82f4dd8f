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
    /// How many pauses in a row there were for which the host did not say how long.
    private var unspoken = 0

    /// How much of a pause is left; `nil` if there is none.
    func rest(at now: Duration) -> Duration? { end > now ? end - now : nil }

    /// Takes a refusal.
    ///
    /// A host that does not say how long it wants to be left alone is asked again after 1, 2, 4… seconds. A pause under way
    /// is made longer, never shorter.
    /// - Parameters:
    ///   - wish: How long the host asks to be left alone.
    ///   - sentAt: When the request was sent that is refused.
    /// - Returns: Whether a pause begins with it. Requests that were under way when it began are refused in its name only.
    mutating func refused(wish: Duration?, sentAt: Duration, now: Duration) -> Bool {
        let isNew = began.map { sentAt > $0 } ?? true
        if isNew { began = now }
        if let wish {
            end = max(end, now + min(max(wish, .zero), Self.longest))
        } else if isNew {
            end = max(end, now + min(.seconds(1 << min(unspoken, 6)), Self.longest))
            unspoken += 1
        }
        return isNew
    }

    /// Takes an answer of another kind: the host is well again, unless the request was sent before it was not.
    mutating func answered(sentAt: Duration) {
        if began.map({ sentAt > $0 }) ?? true { unspoken = 0 }
    }
}
