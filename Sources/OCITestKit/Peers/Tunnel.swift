// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// One connection of a client to a forward proxy, with its connection to the target.
struct Tunnel: Sendable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let client: Connection
    let options: ConnectProxy.Options
    let record: ProxyRecord

    /// An end may stop sending and go on reading.
    @Sendable static func wrapped(_ channel: any Channel) throws -> Connection {
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        return try Connection(
            wrappingChannelSynchronously: channel,
            configuration: .init(isOutboundHalfClosureEnabled: true)
        )
    }

    func serve() async {
        // How a connection ends is seen at both its ends; there is nobody to tell here.
        try? await client.executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            guard let (head, rest) = try await ProxyHead.read(&parts) else { return }
            var request = head.request
            guard let port = admitted(&request) else {
                record.add(request)
                try await outbound.write(ProxyHead.refusal(request.refusal ?? 400))
                return
            }
            guard let target = try? await connect(port) else {
                request.refusal = 502
                record.add(request)
                try await outbound.write(ProxyHead.refusal(502))
                return
            }
            record.add(request)
            try await target.executeThenClose { fromTarget, toTarget in
                if head.request.method == "CONNECT" {
                    try await outbound.write(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"))
                } else {
                    try await toTarget.write(ByteBuffer(string: head.forwarded))
                }
                if rest.readableBytes > 0 { try await toTarget.write(rest) }
                // Only the task that reads from the client uses its iterator.
                async let back: Void = Self.pump(fromTarget, to: outbound)
                while let bytes = try await parts.next() { try await toTarget.write(bytes) }
                toTarget.finish()
                try await back
            }
        }
    }

    private static func pump(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        for try await bytes in inbound { try await outbound.write(bytes) }
        outbound.finish()
    }

    /// The port of 127.0.0.1 that a request may be led to; or else the request is marked as refused.
    private func admitted(_ request: inout ConnectProxy.Request) -> Int? {
        if let status = options.refusal {
            request.refusal = status
            return nil
        }
        if let (user, password) = options.credential {
            let shown = request.header("proxy-authorization").flatMap(TokenRequest.basic)
            guard let shown, shown == (user, password) else {
                request.refusal = 407
                return nil
            }
        }
        guard let target = ProxyHead.target(of: request) else {
            request.refusal = 400
            return nil
        }
        if let port = options.routes["\(target.host):\(target.port)"] { return port }
        guard target.host == "localhost" || target.host.hasPrefix("127.") else {
            request.refusal = 403
            return nil
        }
        return target.port
    }

    private func connect(_ port: Int) async throws -> Connection {
        try await ClientBootstrap(group: client.channel.eventLoop)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.wrapped(channel) }
            }
    }
}
