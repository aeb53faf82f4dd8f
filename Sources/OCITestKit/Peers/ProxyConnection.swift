// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// One connection of a client to a proxy, with its connection to the registry.
///
/// Two tasks pump, one in each direction, so that an answer may come before the end of its request.
struct ProxyConnection: Sendable {
    typealias UpstreamConnection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    let client: ServerConnection
    let port: Int
    let keeper: TallyKeeper
    let rule: CountingProxy.Rule

    /// The request that waits for its answer; there is no pipelining, so it is one at most.
    private final class Pending: Sendable {
        private let request = Mutex<PeerRequest?>(nil)

        func set(_ new: PeerRequest) { request.withLock { $0 = new } }
        func take() -> PeerRequest? {
            request.withLock { request in
                defer { request = nil }
                return request
            }
        }
    }

    /// An answer that is on its way to the client.
    ///
    /// Its last byte makes it complete, not the end that is announced after it: with that byte the client knows, and asks
    /// again at once.
    private struct OpenAnswer {
        /// The bytes that are still to come; `nil` where only the end tells.
        var bytesLeft: Int64?

        init(to request: PeerRequest, _ head: HTTPResponseHead) {
            let hasNoBody = request.method == "HEAD" || head.status == .noContent || head.status == .notModified
            bytesLeft = hasNoBody ? 0 : head.headers.first(name: "content-length").flatMap(Int64.init)
        }

        var isComplete: Bool { bytesLeft == 0 }
    }

    /// The connection is over.
    private struct Ended: Error {}

    func serve() async {
        let pending = Pending()
        // How a connection ends is seen at both its ends; there is nobody to tell here.
        try? await client.executeThenClose { fromClient, toClient in
            do {
                let registry = try await connect()
                try await registry.executeThenClose { fromRegistry, toRegistry in
                    try await withThrowingTaskGroup { group in
                        group.addTask { try await forward(fromClient, to: toRegistry, answeringOn: toClient, pending) }
                        group.addTask { try await giveBack(fromRegistry, to: toClient, pending) }
                        // The end of either side is the end of both.
                        defer { group.cancelAll() }
                        try await group.next()
                    }
                }
            } catch let error as Ended { throw error } catch {
                // A connection that closes without a word could be anybody's fault; this one is the proxy's.
                let reason = Array("the proxy: \(error)\n".utf8)
                try await reply(502, [("Connection", "close")], reason, on: toClient, pending)
            }
        }
        if pending.take() != nil { keeper.ended() }
    }

    private func forward(
        _ fromClient: NIOAsyncChannelInboundStream<HTTPServerRequestPart>,
        to toRegistry: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>,
        answeringOn toClient: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
        _ pending: Pending
    ) async throws {
        var answer: CountingProxy.Action?
        for try await part in fromClient {
            switch part {
            case .head(var head):
                let request = PeerRequest(head)
                keeper.began(request)
                pending.set(request)
                let action = rule(request)
                switch action {
                case .cutConnection: throw Ended()
                case .reply:
                    answer = action
                    continue
                case .pass: break
                }
                // curl waits for this before it sends a large body; the registry is not asked.
                if head.headers.first(name: "expect") != nil {
                    head.headers.remove(name: "expect")
                    try await toClient.write(.head(.init(version: .http1_1, status: .continue)))
                }
                try await toRegistry.write(.head(head))
            case .body(let buffer):
                keeper.sent(buffer.readableBytes)
                if answer == nil { try await toRegistry.write(.body(.byteBuffer(buffer))) }
            case .end(let trailers):
                if case .reply(let status, let headers, let body)? = answer {
                    try await reply(status, headers, body, on: toClient, pending)
                    answer = nil
                } else {
                    try await toRegistry.write(.end(trailers))
                }
            }
        }
    }

    private func giveBack(
        _ fromRegistry: NIOAsyncChannelInboundStream<HTTPClientResponsePart>,
        to toClient: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
        _ pending: Pending
    ) async throws {
        var answer: OpenAnswer?
        defer { close(&answer) }
        for try await part in fromRegistry {
            switch part {
            case .head(var head):
                let request = pending.take()
                if let request {
                    keeper.answered(request, status: Int(head.status.code))
                    if request.method == "HEAD" { head.headers.remove(name: "transfer-encoding") }
                }
                answer = request.map { OpenAnswer(to: $0, head) }
                if answer?.isComplete == true { close(&answer) }
                try await toClient.write(.head(head))
            case .body(let buffer):
                keeper.received(buffer.readableBytes)
                answer?.bytesLeft? -= Int64(buffer.readableBytes)
                if answer?.isComplete == true { close(&answer) }
                try await toClient.write(.body(.byteBuffer(buffer)))
            case .end(let trailers):
                close(&answer)
                try await toClient.write(.end(trailers))
            }
        }
        // The registry has closed its end. What was written to the client is still on its way, and a plain close would
        // drop it.
        try await client.channel.close(mode: .output).get()
    }

    /// Counts a request as over, once.
    private func close(_ answer: inout OpenAnswer?) {
        if answer != nil { keeper.ended() }
        answer = nil
    }

    private func reply(
        _ status: Int,
        _ headers: [(name: String, value: String)],
        _ body: [UInt8],
        on toClient: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
        _ pending: Pending
    ) async throws {
        guard let request = pending.take() else { return }
        keeper.answered(request, status: status)
        keeper.ended()
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
        for field in headers { head.headers.add(name: field.name, value: field.value) }
        head.headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        try await toClient.write(.head(head))
        if request.method != "HEAD", !body.isEmpty {
            keeper.received(body.count)
            try await toClient.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
        }
        try await toClient.write(.end(nil))
    }

    private func connect() async throws -> UpstreamConnection {
        try await ClientBootstrap(group: client.channel.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10))
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    var configuration = HTTPRequestEncoder.Configuration()
                    configuration.automaticallySetFramingHeaders = false
                    try channel.pipeline.syncOperations.addHandlers(
                        HTTPRequestEncoder(configuration: configuration),
                        ByteToMessageHandler(HTTPResponseDecoder())
                    )
                    return try UpstreamConnection(wrappingChannelSynchronously: channel)
                }
            }
    }
}
