// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// One request with a short answer: no redirects, nothing repeated, and a bound on how much comes back and how late.
struct ShortExchange: Sendable {
    /// The longest answer that is read, in bytes.
    static let maximumBody = 1 << 20

    /// What is asked.
    struct Request: Sendable {
        /// The type of a form's body.
        static let formType = "application/x-www-form-urlencoded"

        var method: HTTPMethod = .GET
        let url: RequestURL
        /// The form of the answer that is wanted.
        var accept = "application/json"
        /// The header fields besides those of every request; any of them may be secret.
        var headers: [(name: String, value: Secret)] = []
        /// What is sent, with its media type.
        var body: (type: String, content: Secret)?
    }

    /// What came back.
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    /// Why there is no answer that can be used.
    enum Failure: Error {
        /// None came.
        case connection(ConnectionFailure)
        /// It is longer than ``maximumBody``.
        case tooLong(status: Int)
    }

    /// How long all of it may take.
    let timeout: Duration
    let userAgent: String

    /// Sends a request.
    /// - Throws: ``Failure``, `CancellationError`.
    func send(_ request: Request, by client: HTTPClient) async throws -> Answer {
        let deadline = ContinuousClock.now.advanced(by: timeout)
        do {
            let response = try await client.execute(message(request), timeout: TimeAmount(timeout))
            let status = Int(response.status.code)
            guard let body = try await collect(response, before: deadline) else {
                throw Failure.tooLong(status: status)
            }
            return Answer(status: status, headers: response.headers, body: body)
        } catch let failure as Failure {
            throw failure
        } catch {
            if error is CancellationError || Task.isCancelled { throw CancellationError() }
            throw Failure.connection(ConnectionFailure(error, idleTimeout: timeout))
        }
    }

    private func message(_ request: Request) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: request.url.text)
        message.method = request.method
        message.headers.add(name: "User-Agent", value: userAgent)
        message.headers.add(name: "Accept", value: request.accept)
        for (name, value) in request.headers { message.headers.add(name: name, value: value.exposed) }
        if let body = request.body {
            message.headers.add(name: "Content-Type", value: body.type)
            message.body = .bytes(ByteBuffer(string: body.content.exposed))
        }
        return message
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
