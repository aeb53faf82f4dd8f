// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// An HTTP/1.1 server in this process that answers as a test tells it, records what it was asked, and can misbehave.
///
/// It listens on loopback only. Bodies of requests are counted as they arrive and kept up to
/// ``PeerRequest/keptBodySize``.
public final class ScriptedPeer: Sendable {
    /// Decides the answer to a request.
    public typealias Script = @Sendable (PeerRequest) async -> PeerReply
    /// Decides whether a request is answered before its body is read, and how.
    public typealias EarlyScript = @Sendable (PeerRequest) async -> PeerReply?

    /// The address and port, as they stand in a URL.
    public let host: String
    /// The port.
    public var port: Int { server.port }
    private let server: LoopbackServer
    private let record: PeerRecord

    /// How many connections were accepted.
    public var connections: Int { record.connections }
    /// The requests in the order in which they came, also those whose bodies are not complete.
    public var requests: [PeerRequest] { record.requests }

    private init(server: LoopbackServer, record: PeerRecord) {
        host = server.host
        self.server = server
        self.record = record
    }

    /// Starts a server.
    /// - Parameters:
    ///   - address: A loopback address; another one than `127.0.0.1`, such as `127.0.0.2`, is another origin.
    ///   - script: Asked when the whole request has come.
    ///   - early: Asked when the head of a request has come. An answer is sent at once; the body of the request is read
    ///     after it and thrown away. With `nil`, the script answers.
    public static func start(
        address: String = "127.0.0.1",
        _ script: @escaping Script,
        early: @escaping EarlyScript = { _ in nil }
    ) async throws -> ScriptedPeer {
        let record = PeerRecord()
        let server = try await LoopbackServer.start(address: address) { connection in
            record.addConnection()
            await PeerConnection(connection: connection, record: record, early: early, script: script).serve()
        }
        return ScriptedPeer(server: server, record: record)
    }

    /// Closes all connections, among them those that hang, and stops listening.
    public func stop() async { await server.stop() }
}

/// Runs a scripted peer for as long as `body` runs.
public func withScriptedPeer<Value: Sendable>(
    address: String = "127.0.0.1",
    _ script: @escaping ScriptedPeer.Script,
    early: @escaping ScriptedPeer.EarlyScript = { _ in nil },
    _ body: (ScriptedPeer) async throws -> Value
) async throws -> Value {
    let peer = try await ScriptedPeer.start(address: address, script, early: early)
    do {
        let value = try await body(peer)
        await peer.stop()
        return value
    } catch {
        await peer.stop()
        throw error
    }
}
