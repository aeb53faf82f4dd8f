// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore

/// The reading of an answer's body, whose bytes are told to the gate.
struct ReplyBytes {
    private var iterator: HTTPClientResponse.Body.AsyncIterator
    private let gate: RequestGate

    init(_ body: HTTPClientResponse.Body, gate: RequestGate) {
        iterator = body.makeAsyncIterator()
        self.gate = gate
    }

    /// The next bytes; `nil` at the end.
    mutating func next() async throws -> ByteBuffer? {
        let buffer = try await iterator.next()
        if let buffer { gate.moved(buffer.readableBytes) }
        return buffer
    }
}
