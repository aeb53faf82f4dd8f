// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A connection on which a test writes bytes as it likes: requests that no client would send.
public final class RawConnection: Sendable {
    /// What came after a wait.
    public struct Received: Sendable {
        /// The bytes so far.
        public let bytes: [UInt8]
        /// The bytes as text, which takes long for many.
        public var text: String { String(decoding: bytes, as: UTF8.self) }
        /// How many bytes they are.
        public var count: Int { bytes.count }
        /// Whether the other side has closed the connection.
        public let isClosed: Bool
    }

    /// What was waited for did not come.
    public struct TimedOut: Error, CustomStringConvertible {
        /// What came instead.
        public let received: String
        /// What is wrong.
        public var description: String { "nothing more came after: \(received)" }
    }

    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
    }

    private final class Reader: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let state: Mutex<State>

        init() { state = Mutex(State()) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            state.withLock { state in
                if state.bytes.count < 64 << 20 { state.bytes += buffer.readableBytesView }
            }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { state.withLock { $0.isClosed = true } }
        }

        func channelInactive(context: ChannelHandlerContext) { state.withLock { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { state.withLock { $0.isClosed = true } }
    }

    private let channel: any Channel
    private let reader: Reader

    private init(channel: any Channel, reader: Reader) {
        self.channel = channel
        self.reader = reader
    }

    /// Connects.
    /// - Parameters:
    ///   - host: `address:port`, an IPv4 address.
    ///   - reads: Whether what comes is read; a client that does not read makes the server wait.
    public static func open(_ host: String, reads: Bool = true) async throws -> RawConnection {
        let parts = host.split(separator: ":")
        let reader = Reader()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .channelOption(ChannelOptions.autoRead, value: reads)
            .channelInitializer { channel in channel.pipeline.addHandler(reader) }
            .connectTimeout(.seconds(60))
            .connect(host: String(parts[0]), port: Int(parts[1]) ?? 0)
            .get()
        return RawConnection(channel: channel, reader: reader)
    }

    /// Writes text; what cannot be written any more is no error, since servers close connections that are misused.
    public func send(_ text: String) async { await send(Array(text.utf8)) }

    /// Writes bytes.
    public func send(_ bytes: [UInt8]) async { try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Says that nothing more will be written.
    public func finish() async { try? await channel.close(mode: .output) }

    /// Closes the connection, in the middle of whatever was going on.
    public func close() async { try? await channel.close() }

    /// What has come so far.
    public var received: Received {
        reader.state.withLock { Received(bytes: $0.bytes, isClosed: $0.isClosed) }
    }

    /// Waits until what came satisfies a condition.
    @discardableResult
    public func wait(
        atMost limit: Duration = .seconds(60),
        until condition: (Received) -> Bool
    ) async throws -> Received {
        let deadline = ContinuousClock.now + limit
        while true {
            let received = received
            if condition(received) { return received }
            guard ContinuousClock.now < deadline else { throw TimedOut(received: String(received.text.prefix(2000))) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Waits until the other side has closed, and returns all that came.
    public func readToEnd(atMost limit: Duration = .seconds(60)) async throws -> String {
        try await wait(atMost: limit) { $0.isClosed }.text
    }
}
