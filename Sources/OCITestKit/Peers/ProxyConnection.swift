// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix

/// One connection of a client to a proxy, with its connection to the registry.
///
/// Two tasks pump, one in each direction, so that an answer may come before the end of its request.
struct ProxyConnection: Sendable {
    typealias UpstreamConnection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
    typealias ToClient = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    typealias ToRegistry = NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

    let client: ServerConnection
    let port: Int
    let options: CountingProxy.Options
    let keeper: TallyKeeper
    let log: ExchangeLog
    let rule: CountingProxy.Rule

    /// The connection is over.
    struct Ended: Error {}

    func serve() async {
        let pending = ProxyQuestion.Pending()
        // How a connection ends is seen at both its ends; there is nobody to tell here.
        try? await client.executeThenClose { fromClient, toClient in
            do {
                let registry = try await connect()
                try await registry.executeThenClose { fromRegistry, toRegistry in
                    try await withThrowingTaskGroup { group in
                        let request = ProxyRequestPump(
                            connection: self,
                            registry: registry.channel,
                            toRegistry: toRegistry,
                            toClient: toClient,
                            pending: pending
                        )
                        let answer = ProxyAnswerPump(
                            connection: self,
                            registry: registry.channel,
                            toClient: toClient,
                            pending: pending
                        )
                        group.addTask { try await request.run(fromClient) }
                        group.addTask { try await answer.run(fromRegistry) }
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

    /// Answers in place of the registry.
    func reply(
        _ status: Int,
        _ headers: [(name: String, value: String)],
        _ body: [UInt8],
        on toClient: ToClient,
        _ pending: ProxyQuestion.Pending
    ) async throws {
        guard let question = pending.take() else { return }
        let request = question.request
        keeper.answered(request, status: status)
        keeper.ended()
        log.change(question.number) { $0.status = status }
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
        for field in headers { head.headers.add(name: field.name, value: field.value) }
        head.headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        try await toClient.write(.head(head))
        if request.method != "HEAD", !body.isEmpty {
            keeper.received(body.count)
            log.change(question.number) { $0.responseBytes = Int64(body.count) }
            try await toClient.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
        }
        try await toClient.write(.end(nil))
    }

    /// Ends both connections as a fault wants it, or waits until somebody else does.
    func end(_ end: ProxyFaults.End, registry: any Channel) async throws -> Never {
        switch end {
        case .hang:
            while client.channel.isActive, registry.isActive { try await Task.sleep(for: .milliseconds(20)) }
        case .reset, .finish:
            for channel in [registry, client.channel] { try await settle(channel) }
            // A reset overtakes bytes that the other end has not read yet; give it the time to read them.
            if end == .reset { try await Task.sleep(for: .milliseconds(50)) }
            for channel in [registry, client.channel] { await channel.cut(end == .reset ? .reset : .finish) }
        }
        throw Ended()
    }

    /// Waits until what was written is with the kernel, as long as the other end takes it.
    private func settle(_ channel: any Channel) async throws {
        let deadline = ContinuousClock.now + .seconds(5)
        while channel.isActive, ContinuousClock.now < deadline {
            guard let waiting = try? await channel.getOption(.bufferedWritableBytes).get(), waiting > 0 else { return }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func connect() async throws -> UpstreamConnection {
        let options = options
        return try await ClientBootstrap(group: client.channel.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10))
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let pacer = options.pacer {
                        // The last bytes are late, too, and must find the connection open.
                        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                        try channel.pipeline.syncOperations.addHandler(pacer)
                    }
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
