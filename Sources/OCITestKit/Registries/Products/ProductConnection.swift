// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCIContent

/// One connection to a registry of the tests; bodies of uploads are taken as they come.
struct ProductConnection: Sendable {
    typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    let connection: ServerConnection
    let desk: ProductDesk
    let log: ExchangeLog

    private var writer: PeerWriter { PeerWriter(channel: connection.channel) }

    func serve() async {
        // How a connection ends is seen by the client; there is nobody to tell here.
        try? await connection.executeThenClose { inbound, _ in
            var parts = inbound.makeAsyncIterator()
            while let part = try await parts.next() {
                if case .head(let head) = part { try await exchange(head, &parts) }
            }
        }
    }

    private func exchange(_ head: HTTPRequestHead, _ parts: inout Parts) async throws {
        let request = PeerRequest(head)
        let number = log.add(request)
        let intake = desk.begin(request)
        if case .answer(let reply) = intake {
            // A client with a long body hears of it at once; what it sends all the same is thrown away.
            try await answer(reply, head, number)
            _ = try await read(intake, number, &parts)
            return
        }
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" { try await writer.sendContinue() }
        let body: [UInt8]?
        do {
            body = try await read(intake, number, &parts)
        } catch {
            desk.cut(intake)
            throw error
        }
        log.change(number) { $0.isComplete = true }
        try await answer(desk.finish(request, intake, body: body), head, number)
    }

    private func answer(_ reply: PeerReply, _ head: HTTPRequestHead, _ number: Int) async throws {
        log.change(number) {
            $0.status = reply.status
            if head.method != .HEAD { $0.responseBytes = reply.body.count }
        }
        try await writer.send(reply, to: head)
    }

    /// Reads a body to its end; `nil` if it was too long to collect.
    private func read(_ intake: ProductDesk.Intake, _ number: Int, _ parts: inout Parts) async throws -> [UInt8]? {
        var body: [UInt8]? = []
        while let part = try await parts.next() {
            switch part {
            case .head: continue
            case .end: return body
            case .body(let buffer):
                log.change(number) { $0.requestBytes += Int64(buffer.readableBytes) }
                switch intake {
                case .answer: break
                case .stream(let session): session.take(buffer)
                case .collect:
                    let isTooLong = (body?.count ?? 0) + buffer.readableBytes > ProductDesk.longestManifest
                    if isTooLong { body = nil } else { body? += buffer.readableBytesView }
                }
            }
        }
        throw PeerWriter.Ended()
    }
}
