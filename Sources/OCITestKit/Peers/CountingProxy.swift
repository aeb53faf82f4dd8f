// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A reverse proxy on loopback in front of a real registry, which counts what passes and can do simple harm.
///
/// The `Host` header passes unchanged, so that the absolute addresses that a registry makes of it lead back through the
/// proxy. Each connection of a client has one connection to the registry; bodies stream with back-pressure.
public final class CountingProxy: Sendable {
    /// What becomes of a request.
    public enum Action: Sendable {
        /// It goes to the registry.
        case pass
        /// It is answered here; its body is read and thrown away.
        case reply(Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [])
        /// The connection is closed.
        case cutConnection
    }

    /// Decides what becomes of a request, when its head has come.
    public typealias Rule = @Sendable (PeerRequest) -> Action

    /// The address and port of the proxy, as they stand in a URL.
    public let host: String
    /// The port.
    public var port: Int { server.port }
    private let server: LoopbackServer
    private let keeper: TallyKeeper

    private init(server: LoopbackServer, keeper: TallyKeeper) {
        host = server.host
        self.server = server
        self.keeper = keeper
    }

    /// Starts a proxy on a port that the system chooses.
    /// - Parameters:
    ///   - port: The port of the registry, on 127.0.0.1.
    ///   - onRequest: Asked for each request; it is counted whatever becomes of it.
    public static func start(
        port: Int,
        onRequest: @escaping Rule = { _ in .pass }
    ) async throws -> CountingProxy {
        let keeper = TallyKeeper()
        let server = try await LoopbackServer.start(address: "127.0.0.1") { connection in
            keeper.opened()
            await ProxyConnection(client: connection, port: port, keeper: keeper, rule: onRequest).serve()
        }
        return CountingProxy(server: server, keeper: keeper)
    }

    /// What has passed since the start or the last ``reset()``.
    public var tally: RequestTally { keeper.tally }

    /// Begins a new tally.
    public func reset() { keeper.reset() }

    /// Closes all connections and stops listening.
    public func stop() async { await server.stop() }
}

/// Runs a proxy in front of the registry on a port for as long as `body` runs.
public func withCountingProxy<Value: Sendable>(
    port: Int,
    onRequest: @escaping CountingProxy.Rule = { _ in .pass },
    _ body: (CountingProxy) async throws -> Value
) async throws -> Value {
    let proxy = try await CountingProxy.start(port: port, onRequest: onRequest)
    do {
        let value = try await body(proxy)
        await proxy.stop()
        return value
    } catch {
        await proxy.stop()
        throw error
    }
}
