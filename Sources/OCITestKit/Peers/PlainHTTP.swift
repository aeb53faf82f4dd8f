// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix

/// The simplest client: one request on one connection, without redirects, retries or authentication.
///
/// It asks the servers that tests start whether they are ready, and is what a test of a server needs when the real client
/// is the thing under test elsewhere.
public enum PlainHTTP {
    /// An answer.
    public struct Reply: Sendable {
        /// The status code.
        public let status: Int
        /// The header fields in the order in which they came.
        public let fields: [(name: String, value: String)]
        /// The whole body.
        public internal(set) var body: [UInt8] = []

        /// The first header field of a name, whose case does not count.
        public func header(_ name: String) -> String? {
            fields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// The connection ended before the answer was complete; what had come until then.
    public struct Incomplete: Error {
        /// The answer as far as it came, if its head came.
        public let reply: Reply?
    }

    /// Makes a request.
    /// - Parameters:
    ///   - host: `address:port`, an IPv4 address.
    ///   - uri: The target with its query, as it is sent.
    /// - Throws: ``Incomplete``, or what the connection throws.
    public static func request(
        _ method: String = "GET",
        _ host: String,
        _ uri: String,
        fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async throws -> Reply {
        let parts = host.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else { throw Incomplete(reply: nil) }
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(60))
            .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .connect(host: String(parts[0]), port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: uri)
            head.headers.add(name: "Host", value: host)
            head.headers.add(name: "Content-Length", value: "\(body.count)")
            for field in fields { head.headers.add(name: field.name, value: field.value) }
            // A server that refuses by the head alone may stop taking the body; its answer counts, not what became of the body.
            do {
                try await outbound.write(.head(head))
                if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
                try await outbound.write(.end(nil))
            } catch is ChannelError {}
            var reply: Reply?
            do {
                for try await part in inbound {
                    switch part {
                    case .head(let head):
                        reply = Reply(
                            status: Int(head.status.code),
                            fields: head.headers.map { (name: $0.name, value: $0.value) }
                        )
                    case .body(let buffer): reply?.body += buffer.readableBytesView
                    case .end: if let reply { return reply }
                    }
                }
            } catch {
                throw Incomplete(reply: reply)
            }
            throw Incomplete(reply: reply)
        }
    }
}
