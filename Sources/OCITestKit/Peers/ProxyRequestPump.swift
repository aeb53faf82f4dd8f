// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Hands the requests of a connection on to the registry, with the harm that is done to them.
struct ProxyRequestPump: Sendable {
    let connection: ProxyConnection
    let registry: any Channel
    let toRegistry: ProxyConnection.ToRegistry
    let toClient: ProxyConnection.ToClient
    let pending: ProxyQuestion.Pending

    /// The request whose body is being read.
    private struct Current {
        let question: ProxyQuestion
        var passage: ProxyPassage
        var body: FaultyBody
    }

    func run(_ fromClient: NIOAsyncChannelInboundStream<HTTPServerRequestPart>) async throws {
        var current: Current?
        for try await part in fromClient {
            switch part {
            case .head(let head): current = try await begin(head)
            case .body(let buffer):
                connection.keeper.sent(buffer.readableBytes)
                if var now = current {
                    try await take(buffer, &now)
                    current = now
                }
            case .end(let trailers):
                if var now = current { try await finish(trailers, &now) }
                current = nil
            }
        }
    }

    private func begin(_ received: HTTPRequestHead) async throws -> Current {
        var head = received
        let request = PeerRequest(head)
        connection.keeper.began(request)
        let action = connection.rule(request)
        var faults = ProxyFaults()
        if case .harm(let harm) = action { faults = harm }
        let question = ProxyQuestion(request: request, number: connection.log.add(request), faults: faults)
        pending.set(question)
        var current = Current(
            question: question,
            passage: .pass,
            body: FaultyBody(faults.request, on: connection.client.channel.eventLoop)
        )
        switch action {
        case .cutConnection: throw ProxyConnection.Ended()
        case .reply(let status, let headers, let body):
            current.passage = .reply(status, headers: headers, body: body)
            return current
        case .pass, .harm: break
        }
        // curl waits for this before it sends a large body; the registry is not asked.
        if head.headers.first(name: "expect") != nil {
            head.headers.remove(name: "expect")
            try await toClient.write(.head(.init(version: .http1_1, status: .continue)))
        }
        if faults.isDropped {
            current.passage = .drop
        } else if connection.options.onTagPut != nil, request.tagPut != nil {
            current.passage = .collect(head, ByteBuffer())
        } else {
            try await send(head, &current)
        }
        return current
    }

    private func take(_ buffer: ByteBuffer, _ current: inout Current) async throws {
        switch current.passage {
        case .pass: try await send(buffer, &current)
        case .collect(let head, var collected):
            current.passage = .drop
            guard collected.readableBytes + buffer.readableBytes <= ProxyPassage.longestManifest else {
                current.passage = .reply(413, headers: [], body: Array("longer than 4 MiB\n".utf8))
                return
            }
            collected.writeImmutableBuffer(buffer)
            current.passage = .collect(head, collected)
        case .reply, .drop: break
        }
    }

    private func finish(_ trailers: HTTPHeaders?, _ current: inout Current) async throws {
        switch current.passage {
        case .reply(let status, let headers, let body):
            try await connection.reply(status, headers, body, on: toClient, pending)
            return
        case .drop: return
        case .collect(let head, let collected):
            if let (repository, tag) = current.question.request.tagPut {
                await connection.options.onTagPut?(repository, tag, Array(collected.readableBytesView))
            }
            try await send(head, &current)
            try await send(collected, &current)
        case .pass: break
        }
        connection.log.change(current.question.number) { $0.isComplete = true }
        try await toRegistry.write(.end(trailers))
    }

    private func send(_ head: HTTPRequestHead, _ current: inout Current) async throws {
        let delay = current.question.faults.forwardingDelay
        if delay > .zero {
            try await connection.client.channel.eventLoop.sleep(until: .now() + TimeAmount(delay))
        }
        if let end = current.body.endBeforeHead { try await connection.end(end, registry: registry) }
        try await toRegistry.write(.head(head))
        if let end = current.body.reachedEnd { try await connection.end(end, registry: registry) }
    }

    private func send(_ buffer: ByteBuffer, _ current: inout Current) async throws {
        let number = current.question.number
        try await current.body.pass(buffer) { piece in
            connection.log.change(number) { $0.requestBytes += Int64(piece.readableBytes) }
            try await toRegistry.write(.body(.byteBuffer(piece)))
        }
        if let end = current.body.reachedEnd { try await connection.end(end, registry: registry) }
    }
}
