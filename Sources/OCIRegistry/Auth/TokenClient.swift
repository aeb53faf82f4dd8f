// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI

/// Speaks to token servers.
struct TokenClient: Sendable {
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
        let origin = request.url.origin
        func record(_ status: Int?) {
            observer(
                RequestRecord(
                    kind: .other,
                    method: request.form == nil ? "GET" : "POST",
                    url: request.url.redacted,
                    host: "\(origin.hostName):\(origin.port)",
                    status: status,
                    duration: start.duration(to: .now)
                )
            )
        }
        do {
            let exchange = ShortExchange(timeout: timeout, userAgent: userAgent)
            let answer = try await exchange.send(Self.message(request), by: clients.client(for: origin, .reading))
            record(answer.status)
            let wish = answer.headers.first(name: "Retry-After")
            return Authenticator.Answer(
                status: answer.status,
                body: answer.body,
                retryAfter: wish.flatMap { RetryAfter.parse($0, now: WallClock.secondsSince1970) }
            )
        } catch ShortExchange.Failure.connection(let failure) {
            record(nil)
            throw Transport.Failure(.tokenServerConnection("\(origin)", failure))
        } catch ShortExchange.Failure.tooLong(let status) {
            record(status)
            throw Transport.Failure(
                .answer("the token server \(origin) sent more than \(ShortExchange.maximumBody) bytes")
            )
        }
    }

    private static func message(_ request: TokenService.Request) -> ShortExchange.Request {
        var message = ShortExchange.Request(url: request.url)
        if let authorization = request.authorization { message.headers = [("Authorization", authorization)] }
        if let form = request.form {
            message.method = .POST
            message.body = (ShortExchange.Request.formType, form)
        }
        return message
    }
}
