// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore

/// Asks the services of clouds, each time by a connection of its own: a credential is looked up a few times a day.
struct CloudClient: Sendable {
    /// How a request reaches a service.
    enum Path: Sendable {
        /// As requests reach registries: through the proxy, if there is one.
        case service
        /// Directly, and without patience: a metadata server is one hop away, or not there at all.
        case metadata
    }

    let proxy: ProxySettings
    let userAgent: String
    /// How long a metadata server may take in all, and a fifth of it until the connection stands.
    var metadataTimeout = Duration.seconds(5)

    /// Sends a request.
    /// - Throws: ``ShortExchange/Failure``, `CancellationError`.
    func send(_ request: ShortExchange.Request, _ path: Path) async throws -> ShortExchange.Answer {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        let timeout: Duration
        switch path {
        case .service:
            timeout = .seconds(30)
            configuration.timeout.connect = .seconds(15)
            configuration.proxy = proxy.server(for: request.url.origin).map(HTTPClient.Configuration.Proxy.init)
        case .metadata:
            timeout = metadataTimeout
            configuration.timeout.connect = TimeAmount(metadataTimeout / 5)
        }
        configuration.timeout.read = TimeAmount(timeout)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let answer = try await ShortExchange(timeout: timeout, userAgent: userAgent).send(request, by: client)
            try? await client.shutdown()
            return answer
        } catch {
            try? await client.shutdown()
            throw error
        }
    }
}
