// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOPosix
import OCI
import OCIContent
import Synchronization

/// The HTTP clients of one registry: one to read from it, one to write to it, one for other hosts that its redirects lead
/// to.
///
/// async-http-client is tuned here, and what it does by itself is turned off: redirects (decided by ``OutboundPolicy``)
/// and the silent repetition of connects.
final class ClientSet: Sendable {
    let reading: HTTPClient
    let writing: HTTPClient
    let elsewhere: HTTPClient
    /// The kinds of address at which the registry itself was reached.
    var reachedKinds: Set<IPAddress.Kind> { ownKinds.kinds.withLock { $0 } }
    private let ownKinds: OwnKinds

    private final class OwnKinds: Sendable {
        let kinds = Mutex<Set<IPAddress.Kind>>([])
    }

    /// - Parameter addresses: Addresses to use for host names instead of those that a resolver gives; for tests.
    init(policy: OutboundPolicy, limits: RegistryLimits, addresses: [String: String] = [:]) {
        let ownKinds = OwnKinds()
        self.ownKinds = ownKinds
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = addresses
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.requests
        configuration.timeout.connect = TimeAmount(limits.connectTimeout)
        configuration.http1_1ConnectionDebugInitializer = { channel in
            if let kind = channel.addressKind { ownKinds.kinds.withLock { _ = $0.insert(kind) } }
            return channel.tuned()
        }
        writing = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        // Longer than the limit of writers: where a stalled writer is why nobody reads, the writer is to be blamed.
        configuration.timeout.read = TimeAmount(limits.idleTimeout * 1.5)
        reading = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
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
    }

    /// Ends all connections.
    func shutdown() async throws {
        try await reading.shutdown()
        try await writing.shutdown()
        try await elsewhere.shutdown()
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

    /// Larger steps than the defaults: fewer wake-ups for each megabyte, measured as a fifth of the CPU of a copy.
    fileprivate func tuned() -> EventLoopFuture<Void> {
        let allocator = FixedSizeRecvByteBufferAllocator(capacity: 256 << 10)
        return setOption(.recvAllocator, value: allocator)
            .flatMap {
                self.setOption(.writeBufferWaterMark, value: .init(low: 512 << 10, high: 1 << 20))
            }
    }
}

extension TimeAmount {
    /// The same time, as NIO writes it.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
