// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Hands the answers of a registry back to the client, with the harm that is done to them.
struct ProxyAnswerPump: Sendable {
    let connection: ProxyConnection
    let registry: any Channel
    let toClient: ProxyConnection.ToClient
    let pending: ProxyQuestion.Pending

    /// An answer that is on its way to the client.
    ///
    /// Its last byte makes it complete, not the end that is announced after it: with that byte the client knows, and asks
    /// again at once.
    private struct OpenAnswer {
        let number: Int
        var body: FaultyBody
        /// The bytes that are still to come; `nil` where only the end tells.
        var bytesLeft: Int64?
        /// Whether the request was counted as over.
        var isClosed = false

        init(to question: ProxyQuestion, _ head: HTTPResponseHead, on loop: any EventLoop) {
            let hasNoBody =
                question.request.method == "HEAD" || head.status == .noContent || head.status == .notModified
            number = question.number
            body = FaultyBody(question.faults.response, on: loop)
            bytesLeft = hasNoBody ? 0 : head.headers.first(name: "content-length").flatMap(Int64.init)
        }

        var isComplete: Bool { bytesLeft == 0 }
    }

    func run(_ fromRegistry: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws {
        var answer: OpenAnswer?
        defer { close(&answer) }
        for try await part in fromRegistry {
            switch part {
            case .head(let head): try await begin(head, &answer)
            case .body(let buffer): try await send(buffer, &answer)
            case .end(let trailers):
                close(&answer)
                try await toClient.write(.end(trailers))
            }
        }
        // The registry has closed its end. What was written to the client is still on its way, and a plain close would
        // drop it.
        try await connection.client.channel.close(mode: .output).get()
    }

    private func begin(_ received: HTTPResponseHead, _ answer: inout OpenAnswer?) async throws {
        guard let question = pending.take() else { return try await toClient.write(.head(received)) }
        let faults = question.faults
        let loop = connection.client.channel.eventLoop
        connection.keeper.answered(question.request, status: Int(received.status.code))
        let open = OpenAnswer(to: question, received, on: loop)
        answer = open
        if faults.answerDelay > .zero { try await loop.sleep(until: .now() + TimeAmount(faults.answerDelay)) }
        if let end = open.body.endBeforeHead { try await connection.end(end, registry: registry) }
        let head = changed(received, for: question)
        connection.log.change(open.number) { $0.status = Int(head.status.code) }
        if open.isComplete { close(&answer) }
        try await toClient.write(.head(head))
        if let end = open.body.reachedEnd { try await connection.end(end, registry: registry) }
    }

    private func changed(_ received: HTTPResponseHead, for question: ProxyQuestion) -> HTTPResponseHead {
        var head = received
        if question.request.method == "HEAD" { head.headers.remove(name: "transfer-encoding") }
        if let status = question.faults.status { head.status = HTTPResponseStatus(statusCode: status) }
        for field in question.faults.fields {
            head.headers.remove(name: field.name)
            if let value = field.value { head.headers.add(name: field.name, value: value) }
        }
        return head
    }

    private func send(_ buffer: ByteBuffer, _ answer: inout OpenAnswer?) async throws {
        connection.keeper.received(buffer.readableBytes)
        guard let open = answer else { return try await toClient.write(.body(.byteBuffer(buffer))) }
        var body = open.body
        try await body.pass(buffer) { piece in
            answer?.bytesLeft? -= Int64(piece.readableBytes)
            if answer?.isComplete == true, answer?.isClosed == false {
                answer?.isClosed = true
                connection.keeper.ended()
            }
            connection.log.change(open.number) { $0.responseBytes += Int64(piece.readableBytes) }
            try await toClient.write(.body(.byteBuffer(piece)))
        }
        answer?.body = body
        if let end = body.reachedEnd { try await connection.end(end, registry: registry) }
    }

    /// Counts a request as over, once.
    private func close(_ answer: inout OpenAnswer?) {
        if answer?.isClosed == false { connection.keeper.ended() }
        answer = nil
    }
}
