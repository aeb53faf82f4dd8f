// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOPosix
import OCI
import OCIContent
import Synchronization

/// The HTTP clients of one registry: one to read from it, one to write to it, and two for other hosts that it leads to,
/// directly and through a proxy.
///
/// async-http-client is tuned here, and what it does by itself is turned off: redirects (decided by ``OutboundPolicy``)
/// and the silent repetition of connects.
final class ClientSet: Sendable {
    private let origin: RequestURL.Origin
    private let proxy: ProxySettings
    private let ownKinds: OwnKinds
    private let reading: HTTPClient
    private let writing: HTTPClient
    private let elsewhere: HTTPClient
    private let elsewhereByProxy: HTTPClient?

    /// The kinds of address at which the registry itself was reached.
    var reachedKinds: Set<IPAddress.Kind> { ownKinds.kinds.withLock { $0 } }

    fileprivate final class OwnKinds: Sendable {
        let kinds = Mutex<Set<IPAddress.Kind>>([])
    }

    /// - Parameter addresses: Addresses to use for host names instead of those that a resolver gives; for tests.
    init(
        policy: OutboundPolicy,
        limits: RegistryLimits,
        access: RegistryAccess = RegistryAccess(),
        addresses: [String: String] = [:]
    ) {
        origin = policy.origin
        proxy = access.proxy
        let ownKinds = OwnKinds()
        self.ownKinds = ownKinds
        var configuration = HTTPClient.Configuration(tlsConfiguration: access.tls.own)
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = addresses
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.requests
        configuration.timeout.connect = TimeAmount(limits.connectTimeout)
        configuration.proxy = access.proxy.server(for: origin).map(HTTPClient.Configuration.Proxy.init)
        // Answers to what is written are short; where blobs come, larger steps than the defaults mean fewer wake-ups for each
        // megabyte, measured as a fifth of the CPU of a copy.
        configuration.http1_1ConnectionDebugInitializer = { $0.noted(in: ownKinds, receiving: 16 << 10) }
        writing = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        // Longer than the limit of writers: where a stalled writer is why nobody reads, the writer is to be blamed.
        configuration.timeout.read = TimeAmount(limits.idleTimeout * 1.5)
        configuration.http1_1ConnectionDebugInitializer = { $0.noted(in: ownKinds, receiving: 256 << 10) }
        reading = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)

        configuration.tlsConfiguration = access.tls.other
        configuration.proxy = nil
        configuration.http1_1ConnectionDebugInitializer = { channel in
            // The address that was really dialled counts, whatever the resolver said when the URL was judged.
            let own = ownKinds.kinds.withLock { $0 }
            guard let kind = channel.addressKind,
                policy.mayReach(kind, from: nil) || own.contains(kind)
            else {
                let kind = channel.addressKind ?? .unspecified
                return channel.close().flatMapThrowing { throw ForbiddenAddress(kind: kind) }
            }
            return channel.tuned()
        }
        elsewhere = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        // Behind a proxy the proxy dials, and what it may dial is its own matter.
        elsewhereByProxy = access.proxy.anyServer.map { server in
            configuration.proxy = HTTPClient.Configuration.Proxy(server)
            configuration.http1_1ConnectionDebugInitializer = { $0.tuned() }
            return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        }
    }

    /// The client for a request.
    func client(for target: RequestURL.Origin, _ direction: Exchange.Direction) -> HTTPClient {
        if target == origin { return direction == .reading ? reading : writing }
        return proxy.server(for: target) == nil ? elsewhere : elsewhereByProxy ?? elsewhere
    }

    /// Whether a host is reached without a proxy.
    func isDirect(_ target: RequestURL.Origin) -> Bool { proxy.server(for: target) == nil }

    /// Ends all connections.
    func shutdown() async throws {
        for client in [reading, writing, elsewhere, elsewhereByProxy] { try await client?.shutdown() }
    }
}

extension HTTPClient.Configuration.Proxy {
    /// The proxy as async-http-client has it.
    init(_ server: ProxySettings.Server) {
        self = .server(
            host: server.host.name,
            port: server.port,
            authorization: server.login.map { .basic(username: $0.username, password: $0.password.exposed) }
        )
    }
}

/// A connection was made to an address that a redirect must not lead to; nothing was sent over it.
struct ForbiddenAddress: Error {
    let kind: IPAddress.Kind
}

extension Channel {
    /// The part of the address space that the other end is in; `nil` if it is not an IP address.
    fileprivate var addressKind: IPAddress.Kind? {
        remoteAddress?.ipAddress.flatMap { IPAddress($0.prefix { $0 != "%" }) }?.kind
    }

    /// A connection to the registry itself.
    fileprivate func noted(in ownKinds: ClientSet.OwnKinds, receiving step: Int) -> EventLoopFuture<Void> {
        if let kind = addressKind { ownKinds.kinds.withLock { _ = $0.insert(kind) } }
        return tuned(receiving: step)
    }

    /// One reading at a time, and little that waits for the socket, which has a buffer of its own: what a connection holds
    /// is multiplied by the blobs that are on their way.
    fileprivate func tuned(receiving step: Int = 256 << 10) -> EventLoopFuture<Void> {
        setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: step))
            .flatMap { self.setOption(.maxMessagesPerRead, value: 1) }
            .flatMap { self.setOption(.writeBufferWaterMark, value: .init(low: 128 << 10, high: 256 << 10)) }
    }
}

extension TimeAmount {
    /// The same time, as NIO writes it.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
