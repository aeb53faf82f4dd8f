// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix

typealias ServerConnection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

/// A listener, for HTTP/1.1 unless it is said otherwise, on a loopback address, on a port that the system chose.
///
/// Headers are sent exactly as they are given: whoever answers frames the body himself.
final class LoopbackServer: Sendable {
    /// The address and port, as they stand in a URL.
    let host: String
    let port: Int
    private let acceptance: Task<Void, Never>
    private let open: OpenChannels

    private init(address: String, port: Int, acceptance: Task<Void, Never>, open: OpenChannels) {
        host = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        self.port = port
        self.acceptance = acceptance
        self.open = open
    }

    /// Listens, and hands each connection to a task of its own until ``stop()``.
    ///
    /// When the listener stops, these tasks are cancelled and their connections closed.
    static func start(
        address: String,
        onConnection serve: @escaping @Sendable (ServerConnection) async -> Void
    ) async throws -> LoopbackServer {
        try await start(address: address, wrap: connection(over:), onConnection: serve)
    }

    /// The same for any protocol; `wrap` puts the handlers of a connection in place.
    static func start<Inbound: Sendable, Outbound: Sendable>(
        address: String,
        wrap: @escaping @Sendable (any Channel) throws -> NIOAsyncChannel<Inbound, Outbound>,
        onConnection serve: @escaping @Sendable (NIOAsyncChannel<Inbound, Outbound>) async -> Void
    ) async throws -> LoopbackServer {
        let open = OpenChannels()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10))
            .bind(host: address, port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try open.keep(wrap(channel)) }
            }
        let port = listener.channel.localAddress?.port ?? 0
        // The one task that outlives its caller: it ends in stop().
        let acceptance = Task<Void, Never> {
            try? await listener.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        group.addTask {
                            await withTaskCancellationHandler {
                                await serve(connection)
                            } onCancel: {
                                connection.channel.close(promise: nil)
                            }
                        }
                    }
                    group.cancelAll()
                }
            }
        }
        return LoopbackServer(address: address, port: port, acceptance: acceptance, open: open)
    }

    /// Stops listening, closes the connections and waits for their tasks.
    func stop() async {
        acceptance.cancel()
        await acceptance.value
        await open.stop()
    }

    /// Ends the connections that are open now, as a crash of the server would.
    func cutConnections() async { await open.cutAll() }

    /// Puts the handlers of HTTP/1.1 in place.
    @Sendable static func connection(over channel: any Channel) throws -> ServerConnection {
        var configuration = HTTPResponseEncoder.Configuration()
        configuration.automaticallySetFramingHeaders = false
        try channel.pipeline.syncOperations.addHandlers(
            HTTPResponseEncoder(configuration: configuration),
            ByteToMessageHandler(HTTPRequestDecoder())
        )
        // A low mark: what is read ahead of the script is what the peer's buffers hold.
        return try ServerConnection(
            wrappingChannelSynchronously: channel,
            configuration: .init(backPressureStrategy: .init(lowWatermark: 1, highWatermark: 2))
        )
    }
}

extension Channel {
    /// Ends the connection; by a reset, what was not yet received at the other end is lost.
    func cut(_ cut: PeerReply.Cut) async {
        if cut == .reset, let socket = self as? any SocketOptionProvider {
            try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await close().get()
    }
}
