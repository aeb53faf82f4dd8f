// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCIContent

/// Sends the answers of a peer with their faults.
struct PeerWriter: Sendable {
    let channel: any Channel

    /// The connection is over, by the doing of the one who answers.
    struct Ended: Error {}

    /// Lets a client send a body that it asked about.
    func sendContinue() async throws {
        try await channel.writeAndFlush(part(.head(.init(version: .http1_1, status: .continue)))).get()
    }

    func send(_ reply: PeerReply, to request: HTTPRequestHead) async throws {
        if reply.delay > .zero { try await Task.sleep(for: reply.delay) }
        switch reply.fault {
        case .cut(nil, let cut):
            await channel.cut(cut)
            throw Ended()
        case .hang(nil): try await hang()
        default: break
        }
        channel.write(part(.head(head(of: reply, to: request))), promise: nil)
        if request.method != .HEAD { try await send(reply.body, fault: reply.fault) }
        try await channel.writeAndFlush(part(.end(nil))).get()
        if reply.closesSilently || !request.isKeepAlive || head(of: reply, to: request).headers.isClosing {
            try await channel.close().get()
            throw Ended()
        }
    }

    private func send(_ body: PeerReply.Body, fault: PeerReply.Fault?) async throws {
        let limit: Int64? =
            switch fault {
            case .cut(let count, _), .hang(let count): count
            default: nil
            }
        var rest = limit ?? .max
        var buffers =
            switch body {
            case .bytes(let bytes): ByteStream(ByteBuffer(bytes: bytes)).makeAsyncIterator()
            case .stream(let stream): stream.makeAsyncIterator()
            }
        while rest > 0, var buffer = try await buffers.next() {
            let count = Int(min(rest, Int64(buffer.readableBytes)))
            rest -= Int64(count)
            guard let slice = buffer.readSlice(length: count) else { continue }
            try await channel.writeAndFlush(part(.body(.byteBuffer(slice)))).get()
        }
        guard let fault, limit != nil else { return }
        channel.flush()
        switch fault {
        case .cut(_, let cut):
            // A reset overtakes bytes that the other end has not read yet; give it the time to read them.
            try await Task.sleep(for: .milliseconds(50))
            await channel.cut(cut)
            throw Ended()
        default: try await hang()
        }
    }

    private func head(of reply: PeerReply, to request: HTTPRequestHead) -> HTTPResponseHead {
        let status = HTTPResponseStatus(statusCode: reply.status)
        var head = HTTPResponseHead(version: .http1_1, status: status)
        for field in reply.headers { head.headers.add(name: field.name, value: field.value) }
        switch reply.framing {
        case .exact where status.mayHaveResponseBody && !head.headers.contains(name: "content-length"):
            head.headers.add(name: "Content-Length", value: "\(reply.body.count)")
        case .exact: break
        case .contentLength(let length): head.headers.replaceOrAdd(name: "Content-Length", value: "\(length)")
        case .chunked where request.method != .HEAD:
            head.headers.add(name: "Transfer-Encoding", value: "chunked")
        case .chunked: break
        }
        return head
    }

    /// Does nothing until the peer is stopped.
    func hang() async throws {
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    /// Gives a part its type, which `Channel` cannot infer.
    private func part(_ part: HTTPServerResponsePart) -> HTTPServerResponsePart { part }
}

extension HTTPHeaders {
    /// Whether `Connection: close` is among the fields.
    fileprivate var isClosing: Bool {
        self[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
    }
}
