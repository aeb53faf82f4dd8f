// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI

/// Speaks to token servers: one request, no redirects, nothing repeated, and a bound on what comes back.
struct TokenClient: Sendable {
    /// The longest answer that is read, in bytes.
    static let maximumBody = 1 << 20

    let clients: ClientSet
    let timeout: Duration
    let userAgent: String

    /// Sends a request.
    /// - Throws: ``Transport/Failure`` if no usable answer comes.
    func send(
        _ request: TokenService.Request,
        observer: @Sendable (RequestRecord) -> Void
    ) async throws -> Authenticator.Answer {
        let start = ContinuousClock.now
        let method = request.form == nil ? HTTPMethod.GET : .POST
        func record(_ status: Int?) {
            observer(
                RequestRecord(
                    kind: .other,
                    method: method.rawValue,
                    url: request.url.redacted,
                    host: "\(request.url.origin.hostName):\(request.url.origin.port)",
                    status: status,
                    duration: start.duration(to: .now)
                )
            )
        }
        let body: [UInt8]?
        let response: HTTPClientResponse
        do {
            response = try await perform(request, method)
            record(Int(response.status.code))
            body = try await collect(response, before: start.advanced(by: timeout))
        } catch {
            if error is CancellationError || Task.isCancelled { throw CancellationError() }
            record(nil)
            throw Transport.Failure(
                .tokenServerConnection("\(request.url.origin)", ConnectionFailure(error, idleTimeout: timeout))
            )
        }
        guard let body else {
            throw Transport.Failure(
                .answer("the token server \(request.url.origin) sent more than \(Self.maximumBody) bytes")
            )
        }
        let wish = response.headers.first(name: "Retry-After")
        return Authenticator.Answer(
            status: Int(response.status.code),
            body: body,
            retryAfter: wish.flatMap { RetryAfter.parse($0, now: WallClock.secondsSince1970) }
        )
    }

    private func perform(_ request: TokenService.Request, _ method: HTTPMethod) async throws -> HTTPClientResponse {
        var message = HTTPClientRequest(url: request.url.text)
        message.method = method
        message.headers.add(name: "User-Agent", value: userAgent)
        message.headers.add(name: "Accept", value: "application/json")
        if let authorization = request.authorization {
            message.headers.add(name: "Authorization", value: authorization.exposed)
        }
        if let form = request.form {
            message.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            message.body = .bytes(ByteBuffer(string: form.exposed))
        }
        let client = clients.client(for: request.url.origin, .reading)
        return try await client.execute(message, timeout: TimeAmount(timeout))
    }

    /// The body; `nil` for one that is too long, of which no more is read than that.
    ///
    /// - Throws: ``Stalled`` for one that trickles: its parts come, but not its end.
    private func collect(
        _ response: HTTPClientResponse,
        before deadline: ContinuousClock.Instant
    ) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        for try await buffer in response.body {
            guard deadline > .now else { throw Stalled(limit: timeout) }
            guard bytes.count + buffer.readableBytes <= Self.maximumBody else { return nil }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }
}
