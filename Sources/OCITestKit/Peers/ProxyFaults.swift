// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The harm that a proxy does to one request and its answer; several kinds of harm may be put together.
public struct ProxyFaults: Sendable {
    /// How the passing of a body ends before its time.
    public enum End: Hashable, Sendable {
        /// Both connections, to the client and to the registry, end with a reset.
        case reset
        /// Both connections end as if all had been said.
        case finish
        /// Nothing more passes until one of the connections is closed by its other end.
        case hang
    }

    /// A place in a body and what happens there.
    public struct Stop: Hashable, Sendable {
        /// How many bytes of the body pass; `nil` for an end before the head passes.
        ///
        /// A body that is shorter passes unharmed. Where it is as long, all its bytes pass, but not the news of its end.
        public var bytes: Int64?
        /// What happens then.
        public var end: End
    }

    /// The harm that is done to a body.
    public struct Body: Sendable {
        /// Where it stops.
        public var stop: Stop?
        /// The byte of which one bit is turned over, and which bit, 0 to 7.
        public var flippedBit: (byte: Int64, bit: Int)?
        /// How fast it passes, in bytes a second; at least 1.
        public var bytesPerSecond: Int?

        /// A body that passes unharmed.
        public init() {}
    }

    /// The body of the request.
    public var request = Body()
    /// The body of the answer.
    public var response = Body()
    /// The pause before the head of the request is handed on.
    public var forwardingDelay = Duration.zero
    /// The pause before the head of the answer is handed on.
    public var answerDelay = Duration.zero
    /// The status that stands in for that of the registry; one with which a body may come.
    public var status: Int?
    /// The header fields of the answer that are put in place of those of the same name; `nil` takes them away.
    public var fields: [(name: String, value: String?)] = []
    /// Whether the request is read to its end, but neither handed on nor answered.
    public var isDropped = false

    /// No harm.
    public init() {}

    private init(_ change: (inout ProxyFaults) -> Void) { change(&self) }

    /// No harm, to begin with.
    public static var none: ProxyFaults { ProxyFaults() }

    /// Ends the connections after so many bytes of the request's body; with `nil`, before its head.
    public static func cutRequest(after bytes: Int64?, by cut: PeerReply.Cut = .reset) -> ProxyFaults {
        ProxyFaults { $0.request.stop = Stop(bytes: bytes, end: End(cut)) }
    }

    /// Ends the connections after so many bytes of the answer's body; with `nil`, before its head, so that the registry
    /// has done what it was asked and nobody learns of it.
    public static func cutResponse(after bytes: Int64?, by cut: PeerReply.Cut = .reset) -> ProxyFaults {
        ProxyFaults { $0.response.stop = Stop(bytes: bytes, end: End(cut)) }
    }

    /// Stops reading the request's body after so many bytes; with `nil`, its head is not handed on.
    public static func hangRequest(after bytes: Int64?) -> ProxyFaults {
        ProxyFaults { $0.request.stop = Stop(bytes: bytes, end: .hang) }
    }

    /// Stops sending the answer's body after so many bytes; with `nil`, its head is not sent.
    public static func hangResponse(after bytes: Int64?) -> ProxyFaults {
        ProxyFaults { $0.response.stop = Stop(bytes: bytes, end: .hang) }
    }

    /// Turns over one bit of the request's body.
    public static func flipRequest(byte: Int64, bit: Int = 0) -> ProxyFaults {
        ProxyFaults { $0.request.flippedBit = (byte, bit) }
    }

    /// Turns over one bit of the answer's body.
    public static func flipResponse(byte: Int64, bit: Int = 0) -> ProxyFaults {
        ProxyFaults { $0.response.flippedBit = (byte, bit) }
    }

    /// Slows the request's body down.
    public static func throttleRequest(bytesPerSecond rate: Int) -> ProxyFaults {
        ProxyFaults { $0.request.bytesPerSecond = rate }
    }

    /// Slows the answer's body down.
    public static func throttleResponse(bytesPerSecond rate: Int) -> ProxyFaults {
        ProxyFaults { $0.response.bytesPerSecond = rate }
    }

    /// Waits before the request is handed on.
    public static func delayForwarding(_ delay: Duration) -> ProxyFaults { ProxyFaults { $0.forwardingDelay = delay } }

    /// Waits before the answer is handed on.
    public static func delayAnswer(_ delay: Duration) -> ProxyFaults { ProxyFaults { $0.answerDelay = delay } }

    /// Puts another status in place of the registry's.
    public static func replaceStatus(_ status: Int) -> ProxyFaults { ProxyFaults { $0.status = status } }

    /// Puts a header field into the answer; `nil` takes it away.
    public static func setField(_ name: String, _ value: String?) -> ProxyFaults {
        ProxyFaults { $0.fields = [(name, value)] }
    }

    /// Never answers, and hands nothing on.
    public static var drop: ProxyFaults { ProxyFaults { $0.isDropped = true } }

    /// Both harms; where they are of one kind, the other's counts.
    public func and(_ other: ProxyFaults) -> ProxyFaults {
        var sum = self
        sum.request.add(other.request)
        sum.response.add(other.response)
        if other.forwardingDelay > .zero { sum.forwardingDelay = other.forwardingDelay }
        if other.answerDelay > .zero { sum.answerDelay = other.answerDelay }
        sum.status = other.status ?? status
        sum.fields += other.fields
        sum.isDropped = isDropped || other.isDropped
        return sum
    }
}

extension ProxyFaults.Body {
    fileprivate mutating func add(_ other: ProxyFaults.Body) {
        stop = other.stop ?? stop
        flippedBit = other.flippedBit ?? flippedBit
        bytesPerSecond = other.bytesPerSecond ?? bytesPerSecond
    }
}

extension ProxyFaults.End {
    fileprivate init(_ cut: PeerReply.Cut) {
        self =
            switch cut {
            case .reset: .reset
            case .finish: .finish
            }
    }
}
