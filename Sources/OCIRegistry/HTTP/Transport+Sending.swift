// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCIContent

extension Transport {
    /// Sends one request, and waits for the head of its answer.
    func perform(_ exchange: Exchange, _ authorization: Secret?) async throws -> HTTPClientResponse {
        let request = request(for: exchange, authorization)
        let client = clients.client(for: exchange.url.origin, exchange.direction)
        guard case .blob(let stream, _) = exchange.body else {
            let limit = exchange.isCommit ? limits.commitTimeout : limits.idleTimeout
            return try await client.execute(request, timeout: TimeAmount(limit))
        }
        let progress = ProgressWatchdog.Progress()
        var streaming = request
        streaming.body = .stream(
            telling(stream, progress, gate(exchange.direction)),
            length: .known(Int64(stream.range.count))
        )
        return try await watchdog.run(progress) { [streaming] in
            try await client.execute(streaming, deadline: .distantFuture)
        }
    }

    /// The same stream, whose steps a watchdog is told of, and whose bytes a gate; a peer that takes too few ends it.
    private func telling(
        _ stream: ByteStream,
        _ progress: ProgressWatchdog.Progress,
        _ gate: RequestGate
    ) -> ByteStream {
        ByteStream(range: stream.range) { [idleTimeout] in
            var iterator = stream.makeAsyncIterator()
            var floor = RateFloor(window: idleTimeout)
            var sent: (count: Int, at: Duration)?
            return {
                if let sent { try floor.moved(sent.count, after: gate.watch.elapsed - sent.at) }
                progress.entered(.reading)
                let buffer = try await iterator.next()
                progress.entered(buffer == nil ? .sent : .sending)
                sent = buffer.map { ($0.readableBytes, gate.watch.elapsed) }
                gate.moved(sent?.count ?? 0)
                return buffer
            }
        }
    }

    var watchdog: ProgressWatchdog {
        ProgressWatchdog(idleTimeout: limits.idleTimeout, commitTimeout: limits.commitTimeout)
    }

    private func request(for exchange: Exchange, _ authorization: Secret?) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: exchange.url.text)
        request.method = exchange.method
        request.headers.add(name: "User-Agent", value: userAgent)
        if let authorization { request.headers.add(name: "Authorization", value: authorization.exposed) }
        for (name, value) in exchange.headers { request.headers.add(name: name, value: value) }
        switch exchange.body {
        case .none: if exchange.direction == .writing { request.body = .bytes(ByteBuffer()) }
        case .bytes(let buffer): request.body = .bytes(buffer)
        case .blob: break
        }
        return request
    }
}
