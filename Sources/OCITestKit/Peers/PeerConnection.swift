// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCIContent

/// One connection to a scripted peer: reads requests, asks the script, sends its answers with their faults.
struct PeerConnection: Sendable {
    typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    let connection: ServerConnection
    let record: PeerRecord
    let early: ScriptedPeer.EarlyScript
    let script: ScriptedPeer.Script

    private var channel: any Channel { connection.channel }
    private var writer: PeerWriter { PeerWriter(channel: channel) }

    func serve() async {
        // Whatever ends a connection, its fault or the client, is seen by the client; there is nobody to tell here.
        try? await connection.executeThenClose { inbound, _ in
            var parts = inbound.makeAsyncIterator()
            while let part = try await parts.next() {
                guard case .head(let head) = part else { continue }
                try await exchange(head, &parts)
            }
        }
    }

    private func exchange(_ head: HTTPRequestHead, _ parts: inout Parts) async throws {
        let place = record.add(PeerRequest(head))
        if let reply = await early(record[place]) {
            switch reply.fault {
            case .cutRequest(let count, let cut):
                try await read(place, &parts, upTo: count)
                await channel.cut(cut)
                throw PeerWriter.Ended()
            case .stopReading(let count):
                try await read(place, &parts, upTo: count)
                try await writer.hang()
            case .cut, .hang, nil:
                try await writer.send(reply, to: head)
                try await read(place, &parts)
            }
            return
        }
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            try await writer.sendContinue()
        }
        try await read(place, &parts)
        try await writer.send(await script(record[place]), to: head)
    }

    /// Reads the body of a request, and no more than a limit.
    private func read(_ place: Int, _ parts: inout Parts, upTo limit: Int64 = .max) async throws {
        while record[place].bodyLength < limit {
            switch try await parts.next() {
            case .body(let buffer)?: record.change(place) { $0.take(buffer.readableBytesView) }
            case .end?:
                record.change(place) { $0.isComplete = true }
                return
            case .head?: continue
            case nil: throw PeerWriter.Ended()
            }
        }
    }
}
