// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCIContent

/// What a scripted peer answers, and what goes wrong with it.
public struct PeerReply: Sendable {
    /// The bytes of an answer.
    public enum Body: Sendable {
        /// Bytes in memory.
        case bytes([UInt8])
        /// Bytes that are made while they are sent; their number is the length of the stream's range.
        case stream(ByteStream)

        /// The number of bytes.
        public var count: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .stream(let stream): Int64(stream.range.count)
            }
        }
    }

    /// How the answer says where it ends.
    public enum Framing: Sendable {
        /// By a `Content-Length` that is right.
        case exact
        /// By this `Content-Length`, whatever is sent.
        case contentLength(Int64)
        /// By chunks, without a `Content-Length`; an answer to HEAD has neither.
        case chunked
    }

    /// How a connection ends before its time.
    public enum Cut: Sendable {
        /// With a reset, as after a crash.
        case reset
        /// As if all had been said.
        case finish
    }

    /// What goes wrong.
    public enum Fault: Sendable {
        /// The connection ends after this many bytes of the answer's body; with `nil`, before the head.
        case cut(afterBodyBytes: Int64?, by: Cut)
        /// Nothing more is sent or read after this many bytes of the answer's body; with `nil`, not even a head.
        case hang(afterBodyBytes: Int64?)
        /// Only in an early reply: the connection ends after this many bytes of the request's body, without an answer.
        case cutRequest(afterBodyBytes: Int64, by: Cut)
        /// Only in an early reply: no more is read after this many bytes of the request's body, and nothing answered.
        case stopReading(afterBodyBytes: Int64)
    }

    /// The status code.
    public var status: Int
    /// Header fields besides those that frame the body.
    public var headers: [(name: String, value: String)]
    /// The body; it is left away in answers to HEAD, but its length is stated.
    public var body: Body
    /// How the end is announced.
    public var framing: Framing
    /// What goes wrong, if anything does.
    public var fault: Fault?
    /// The pause before the head is sent.
    public var delay: Duration
    /// Whether the connection is closed after the answer without having said so: the next request on it fails.
    public var closesSilently: Bool

    /// Puts an answer together.
    public init(
        _ status: Int = 200,
        headers: [(name: String, value: String)] = [],
        body: Body = .bytes([]),
        framing: Framing = .exact,
        fault: Fault? = nil,
        delay: Duration = .zero,
        closesSilently: Bool = false
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.framing = framing
        self.fault = fault
        self.delay = delay
        self.closesSilently = closesSilently
    }

    /// An answer with a text as its body.
    public static func text(
        _ status: Int,
        _ text: String,
        contentType: String = "application/json",
        headers: [(name: String, value: String)] = []
    ) -> PeerReply {
        PeerReply(status, headers: [("Content-Type", contentType)] + headers, body: .bytes(Array(text.utf8)))
    }

    /// An error as registries word it (distribution-spec, "Error Codes").
    public static func error(
        _ status: Int,
        _ code: String,
        _ message: String = "",
        headers: [(name: String, value: String)] = []
    ) -> PeerReply {
        text(status, #"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#, headers: headers)
    }

    /// The same answer with a fault.
    public func failing(_ fault: Fault) -> PeerReply {
        var reply = self
        reply.fault = fault
        return reply
    }
}

extension ByteStream {
    /// A stream that repeats one byte, without memory for the whole.
    public static func repeating(_ byte: UInt8, count: Int64, bufferSize: Int = 256 << 10) -> ByteStream {
        ByteStream(range: 0..<count) {
            let block = ByteBuffer(repeating: byte, count: bufferSize)
            var rest = count
            return {
                guard rest > 0 else { return nil }
                let part = block.getSlice(at: 0, length: Int(Swift.min(rest, Int64(bufferSize))))
                rest -= Int64(part?.readableBytes ?? 0)
                return part
            }
        }
    }
}
