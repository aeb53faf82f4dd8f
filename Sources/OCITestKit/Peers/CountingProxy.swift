// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A reverse proxy on loopback in front of a real registry, which counts what passes and can do harm.
///
/// The `Host` header passes unchanged, so that the absolute addresses that a registry makes of it lead back through the
/// proxy. Each connection of a client has one connection to the registry; bodies stream with back-pressure.
public final class CountingProxy: Sendable {
    /// What becomes of a request.
    public enum Action: Sendable {
        /// It goes to the registry.
        case pass
        /// It goes to the registry, but harm is done to it or to its answer.
        case harm(ProxyFaults)
        /// It is answered here; its body is read and thrown away.
        case reply(Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [])
        /// The connection is closed.
        case cutConnection

        /// The same as ``harm(_:)``.
        public static func pass(_ faults: ProxyFaults) -> Action { .harm(faults) }
    }

    /// What a proxy does to whole connections, whatever the requests on them.
    public struct Options: Sendable {
        /// Is told the repository, the tag and the bytes of a manifest before it is handed on to the registry.
        public typealias TagHook = @Sendable (_ repository: String, _ tag: String, _ bytes: [UInt8]) async -> Void

        /// How much later bytes are handed on, in each direction; a round trip takes twice as long.
        ///
        /// It does not limit the rate up to 64 MiB under way. The opening of a connection takes no time.
        public var latency = Duration.zero
        /// How many bytes a second pass on one connection in each direction; `nil` for as many as can.
        public var bytesPerSecondPerConnection: Int?
        /// Waited for before a manifest is put under a tag; such manifests are bounded to 4 MiB, and 413 beyond.
        public var onTagPut: TagHook?

        /// A proxy that hands on everything at once.
        public init(
            latency: Duration = .zero,
            bytesPerSecondPerConnection: Int? = nil,
            onTagPut: TagHook? = nil
        ) {
            self.latency = latency
            self.bytesPerSecondPerConnection = bytesPerSecondPerConnection
            self.onTagPut = onTagPut
        }

        /// The handler for one end of a connection, if one is needed.
        var pacer: Pacer? {
            guard latency > .zero || bytesPerSecondPerConnection != nil else { return nil }
            return Pacer(latency: latency, bytesPerSecond: bytesPerSecondPerConnection)
        }
    }

    /// Decides what becomes of a request, when its head has come.
    public typealias Rule = @Sendable (PeerRequest) -> Action

    /// The address and port of the proxy, as they stand in a URL.
    public let host: String
    /// The port.
    public var port: Int { server.port }
    private let server: LoopbackServer
    private let keeper: TallyKeeper
    private let log: ExchangeLog

    private init(server: LoopbackServer, keeper: TallyKeeper, log: ExchangeLog) {
        host = server.host
        self.server = server
        self.keeper = keeper
        self.log = log
    }

    /// Starts a proxy on a port that the system chooses.
    /// - Parameters:
    ///   - port: The port of the registry, on 127.0.0.1.
    ///   - onRequest: Asked for each request; it is counted whatever becomes of it.
    public static func start(
        port: Int,
        options: Options = Options(),
        onRequest: @escaping Rule = { _ in .pass }
    ) async throws -> CountingProxy {
        let keeper = TallyKeeper()
        let log = ExchangeLog()
        let wrap: @Sendable (any Channel) throws -> ServerConnection = { channel in
            if let pacer = options.pacer { try channel.pipeline.syncOperations.addHandler(pacer) }
            return try LoopbackServer.connection(over: channel)
        }
        let server = try await LoopbackServer.start(address: "127.0.0.1", wrap: wrap) { connection in
            keeper.opened()
            await ProxyConnection(
                client: connection,
                port: port,
                options: options,
                keeper: keeper,
                log: log,
                rule: onRequest
            )
            .serve()
        }
        return CountingProxy(server: server, keeper: keeper, log: log)
    }

    /// What has passed since the start or the last ``reset()``.
    public var tally: RequestTally { keeper.tally }

    /// The last 100,000 requests since the start or the last ``reset()``, in order, with how much of them passed.
    public var exchanges: [PeerExchange] { log.exchanges }

    /// Begins a new tally.
    public func reset() {
        keeper.reset()
        log.reset()
    }

    /// Closes all connections and stops listening.
    public func stop() async { await server.stop() }
}

/// Runs a proxy in front of the registry on a port for as long as `body` runs.
public func withCountingProxy<Value: Sendable>(
    port: Int,
    options: CountingProxy.Options = CountingProxy.Options(),
    onRequest: @escaping CountingProxy.Rule = { _ in .pass },
    _ body: (CountingProxy) async throws -> Value
) async throws -> Value {
    let proxy = try await CountingProxy.start(port: port, options: options, onRequest: onRequest)
    do {
        let value = try await body(proxy)
        await proxy.stop()
        return value
    } catch {
        await proxy.stop()
        throw error
    }
}
