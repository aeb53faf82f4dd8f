// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// When a connection has kept its server waiting for too long; pure, told what happens and when.
///
/// A client that sends a byte a second would otherwise hold its connection for ever.
struct ConnectionClock {
    /// What is to be done about a connection.
    enum Verdict: Hashable {
        /// Nothing.
        case patience
        /// Close it; nobody waits for an answer.
        case close
        /// Answer that the head took too long.
        case headTimedOut
        /// End the body that does not come.
        case bodyTimedOut
    }

    private let limits: ServerLimits
    private var idleSince: NIODeadline
    private var headSince: NIODeadline?
    private var bodySince: NIODeadline?
    private var bodyBytes = 0
    private var stalledSince: NIODeadline?
    private var lingerSince: NIODeadline?
    private var lingerHeard: NIODeadline?
    private var openRequests = 0

    init(_ limits: ServerLimits, now: NIODeadline) {
        self.limits = limits
        idleSince = now
    }

    /// How often to ask: a fraction of the shortest limit.
    static func interval(_ limits: ServerLimits) -> TimeAmount {
        let shortest = min(
            limits.idleTimeout,
            limits.headTimeout,
            limits.bodyTimeout,
            limits.writeTimeout,
            limits.lingerTimeout
        )
        return min(max(.nanoseconds(shortest.nanoseconds / 4), .milliseconds(5)), .seconds(5))
    }

    mutating func bytesArrived(_ count: Int, now: NIODeadline) {
        if lingerSince != nil {
            lingerHeard = now
        } else if bodySince != nil {
            bodyBytes += count
        } else if openRequests == 0, headSince == nil {
            headSince = now
        }
    }

    mutating func headArrived(now: NIODeadline) {
        openRequests += 1
        headSince = nil
        bodySince = now
        bodyBytes = 0
    }

    mutating func bodyEnded() { bodySince = nil }

    mutating func answerEnded(now: NIODeadline) {
        openRequests -= 1
        idleSince = now
    }

    mutating func writabilityChanged(_ isWritable: Bool, now: NIODeadline) { stalledSince = isWritable ? nil : now }

    mutating func lingers(now: NIODeadline) {
        lingerSince = now
        lingerHeard = now
    }

    /// - Parameter isReading: Whether the server waits for bytes; a client cannot send what is not read.
    mutating func verdict(isReading: Bool, now: NIODeadline) -> Verdict {
        func isOver(_ since: NIODeadline?, _ limit: TimeAmount) -> Bool { since.map { now - $0 >= limit } ?? false }
        if lingerSince != nil {
            let isTooLong = isOver(lingerHeard, limits.lingerTimeout) || isOver(lingerSince, limits.longestLinger)
            return isTooLong ? .close : .patience
        }
        if isOver(stalledSince, limits.writeTimeout) { return .close }
        if isOver(headSince, limits.headTimeout) { return .headTimedOut }
        if bodySince != nil {
            if !isReading {
                bodySince = now
                bodyBytes = 0
            } else if isOver(bodySince, limits.bodyTimeout) {
                guard bodyBytes >= limits.bodyMinimum else { return .bodyTimedOut }
                bodySince = now
                bodyBytes = 0
            }
        }
        return openRequests == 0 && headSince == nil && isOver(idleSince, limits.idleTimeout) ? .close : .patience
    }
}
