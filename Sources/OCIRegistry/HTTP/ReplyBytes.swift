// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import OCIContent

/// The reading of an answer's body, whose bytes are told to the gate, and must not come too slowly.
struct ReplyBytes {
    private var iterator: HTTPClientResponse.Body.AsyncIterator
    private let gate: RequestGate
    private var floor: RateFloor

    init(_ body: HTTPClientResponse.Body, gate: RequestGate, idleTimeout: Duration) {
        iterator = body.makeAsyncIterator()
        self.gate = gate
        floor = RateFloor(window: idleTimeout)
    }

    /// The next bytes; `nil` at the end.
    /// - Throws: ``Stalled`` if they come too slowly.
    mutating func next() async throws -> ByteBuffer? {
        let start = gate.watch.elapsed
        guard let buffer = try await iterator.next() else { return nil }
        gate.moved(buffer.readableBytes)
        try floor.moved(buffer.readableBytes, after: gate.watch.elapsed - start)
        return buffer
    }
}
