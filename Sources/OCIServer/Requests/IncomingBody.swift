// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// The body of a request; the client is told to send it only when it is read (RFC 9110, 10.1.1).
///
/// A request that is refused before its body was asked for has cost its sender no more than a head.
final class IncomingBody: Sendable {
    /// The length that the head states; `nil` for a body in chunks.
    let length: Int64?
    /// Whether the client waits before it sends the body.
    let isAwaitingContinue: Bool
    private let body: RequestBody
    private let sendContinue: @Sendable () async throws -> Void
    private let state = Mutex(State())

    private struct State {
        var isStarted = false
        var isEnded = false
        var received: Int64 = 0
    }

    /// A body that was announced by a head.
    init(_ request: Request, sendContinue: @escaping @Sendable () async throws -> Void) {
        let headers = request.headers
        let isChunked = headers.contains(.transferEncoding)
        length = isChunked ? nil : headers[.contentLength].flatMap { Int64($0) } ?? 0
        isAwaitingContinue = headers[.expect]?.lowercased() == "100-continue" && length != 0
        body = request.body
        self.sendContinue = sendContinue
    }

    /// Whether there is nothing to read.
    var isEmpty: Bool { length == 0 }

    /// The bytes that have been read.
    var received: Int64 { state.withLock { $0.received } }

    /// Whether the connection is of no more use after an answer, since the rest of the body is long or unknown, or may
    /// come or not.
    var isInTheWay: Bool {
        state.withLock { state in
            if state.isEnded || length == 0 { return false }
            guard state.isStarted || !isAwaitingContinue, let length else { return true }
            return length - state.received > 256 << 10
        }
    }

    /// The bytes; to be read once, by one task.
    var bytes: Bytes { Bytes(body: self) }

    /// All bytes in one buffer.
    /// - Throws: `tooLarge` as soon as there are more bytes than `limit`; by the head alone where that states a length.
    func collect(upTo limit: Int, else tooLarge: RegistryFault) async throws -> ByteBuffer {
        if let length, length > limit { throw tooLarge }
        var whole = ByteBuffer()
        for try await buffer in bytes {
            guard whole.readableBytes + buffer.readableBytes <= limit else { throw tooLarge }
            if whole.readableBytes == 0 { whole = buffer } else { whole.writeImmutableBuffer(buffer) }
        }
        return whole
    }

    /// The body as a sequence that throws if it ends early.
    struct Bytes: AsyncSequence {
        let body: IncomingBody

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: body) }

        struct AsyncIterator: AsyncIteratorProtocol {
            let body: IncomingBody
            private var iterator: RequestBody.AsyncIterator?

            init(body: IncomingBody) { self.body = body }

            mutating func next() async throws -> ByteBuffer? {
                if body.isEmpty { return nil }
                if iterator == nil {
                    body.state.withLock { $0.isStarted = true }
                    if body.isAwaitingContinue { try await body.sendContinue() }
                    iterator = body.body.makeAsyncIterator()
                }
                let buffer: ByteBuffer?
                do { buffer = try await iterator?.next() } catch is CancellationError {
                    throw CancellationError()
                } catch ConnectionGuard.BodyCut.timedOut {
                    throw RegistryFault.headTimedOut
                } catch {
                    throw RegistryFault.bodyBroken
                }
                let received = body.state.withLock { state in
                    if let buffer { state.received += Int64(buffer.readableBytes) } else { state.isEnded = true }
                    return state.received
                }
                // A connection that was closed looks like the end of the body to the layers below.
                if buffer == nil, let length = body.length, received < length { throw RegistryFault.bodyBroken }
                return buffer
            }
        }
    }
}
