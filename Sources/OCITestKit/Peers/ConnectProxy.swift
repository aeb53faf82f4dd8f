// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import Synchronization

/// A forward proxy on loopback: tunnels by `CONNECT`, and plain HTTP by addresses in absolute form (RFC 9112, 3.2).
///
/// It leads to loopback only. Names that nobody can resolve are led to a port by ``Options/routes``, so that a test can
/// speak with `registry-1.docker.io:443`.
public final class ConnectProxy: Sendable {
    /// What a proxy does.
    public struct Options: Sendable {
        /// Where targets lead, each written `host:port`, to a port of 127.0.0.1.
        public var routes: [String: Int] = [:]
        /// The user and password that it asks for, by Basic; others get 407.
        public var credential: (user: String, password: String)?
        /// A status with which it refuses everything.
        public var refusal: Int?

        /// A proxy that leads to loopback, for everybody.
        public init() {}
    }

    /// What it was asked, and what became of it.
    public struct Request: Sendable {
        /// `CONNECT`, or the method of a plain request.
        public let method: String
        /// The target as it came: `host:port`, or a whole address.
        public let target: String
        /// The header fields in the order in which they came, also those that are for the proxy.
        public let fields: [(name: String, value: String)]
        /// The status with which the proxy refused; `nil` if it connected.
        public internal(set) var refusal: Int?

        /// The first header field of a name, whose case does not count.
        public func header(_ name: String) -> String? {
            fields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    private let server: LoopbackServer
    private let record: ProxyRecord

    private init(server: LoopbackServer, record: ProxyRecord) {
        self.server = server
        self.record = record
    }

    /// Starts a proxy on a port that the system chooses.
    public static func start(_ options: Options = Options()) async throws -> ConnectProxy {
        let record = ProxyRecord()
        let server = try await LoopbackServer.start(address: "127.0.0.1", wrap: Tunnel.wrapped) { client in
            await Tunnel(client: client, options: options, record: record).serve()
        }
        return ConnectProxy(server: server, record: record)
    }

    /// The address and port, as they stand in a URL.
    public var host: String { server.host }
    /// The port.
    public var port: Int { server.port }
    /// The address as a program is told it, in `HTTPS_PROXY` for example.
    public var url: String { "http://\(host)" }
    /// What it was asked, in order.
    public var requests: [Request] { record.requests }

    /// Closes all connections and stops listening.
    public func stop() async { await server.stop() }
}

/// The requests of a proxy, shared by its connections.
final class ProxyRecord: Sendable {
    private let entries = Mutex<[ConnectProxy.Request]>([])

    var requests: [ConnectProxy.Request] { entries.withLock { $0 } }
    func add(_ request: ConnectProxy.Request) { entries.withLock { $0.append(request) } }
}

/// Runs a forward proxy for as long as `body` runs.
public func withConnectProxy<Value: Sendable>(
    _ options: ConnectProxy.Options = ConnectProxy.Options(),
    _ body: (ConnectProxy) async throws -> Value
) async throws -> Value {
    let proxy = try await ConnectProxy.start(options)
    do {
        let value = try await body(proxy)
        await proxy.stop()
        return value
    } catch {
        await proxy.stop()
        throw error
    }
}
