// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import DequeModule
public import NIOCore
import Synchronization

/// Pulls a stream ahead of whoever reads it, up to a bound.
///
/// A connection is idle while its reader does something else; with this it goes on for as long as the bound allows.
public final class ReadAhead: Sendable {
    private enum End {
        case complete
        case failed(any Error)
    }

    private struct State {
        var buffers: Deque<ByteBuffer> = []
        var bytes = 0
        var end: End?
        var isAbandoned = false
        var reader: CheckedContinuation<Void, Never>?
        var puller: CheckedContinuation<Void, Never>?
    }

    /// What both ends share; the task that pulls holds nothing else, so that dropping the reader ends it.
    private final class Store: Sendable {
        let state = Mutex(State())
        let bound: Int

        init(bound: Int) { self.bound = bound }

        /// Adds bytes, and waits while there are more than the bound.
        func add(_ buffer: ByteBuffer) async {
            let reader = state.withLock { state in
                state.buffers.append(buffer)
                state.bytes += buffer.readableBytes
                return state.reader.take()
            }
            reader?.resume()
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.bytes < bound || state.isAbandoned { return true }
                    state.puller = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        }

        func finish(_ end: End) {
            let reader = state.withLock { state in
                state.end = state.end ?? end
                return state.reader.take()
            }
            reader?.resume()
        }

        func abandon() {
            let (reader, puller) = state.withLock { state in
                state.isAbandoned = true
                state.buffers = []
                return (state.reader.take(), state.puller.take())
            }
            reader?.resume()
            puller?.resume()
        }

        func next() async throws -> ByteBuffer? {
            while true {
                let (buffer, end, puller) = state.withLock { state in
                    guard let buffer = state.buffers.popFirst() else {
                        return (nil as ByteBuffer?, state.end, nil as Waiter?)
                    }
                    state.bytes -= buffer.readableBytes
                    return (buffer, nil, state.bytes < bound ? state.puller.take() : nil)
                }
                puller?.resume()
                if let buffer { return buffer }
                switch end {
                case .complete: return nil
                case .failed(let error): throw error
                case nil: try await wait()
                }
            }
        }

        private typealias Waiter = CheckedContinuation<Void, Never>

        private func wait() async throws {
            try Task.checkCancellation()
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let goesOn = state.withLock { state in
                        if !state.buffers.isEmpty || state.end != nil || state.isAbandoned { return true }
                        state.reader = continuation
                        return Task.isCancelled
                    }
                    if goesOn { wake(continuation) }
                }
            } onCancel: {
                wake(nil)
            }
            try Task.checkCancellation()
        }

        private func wake(_ continuation: Waiter?) {
            let reader = state.withLock { $0.reader.take() }
            if let reader { reader.resume() } else { continuation?.resume() }
        }
    }

    private let store: Store
    private let task: Task<Void, Never>

    /// Begins to pull.
    /// - Parameters:
    ///   - bound: How many bytes may wait for their reader; one buffer more may.
    ///   - open: Opens the stream.
    public init(upTo bound: Int, _ open: @escaping @Sendable () async throws -> ByteStream) {
        let store = Store(bound: bound)
        self.store = store
        // It ends with the stream, or when nobody holds the reader any more.
        task = Task {
            do {
                for try await buffer in try await open() {
                    await store.add(buffer)
                    try Task.checkCancellation()
                }
                store.finish(.complete)
            } catch {
                store.finish(.failed(error))
            }
        }
    }

    deinit {
        task.cancel()
        store.abandon()
    }

    /// The next bytes; `nil` at the end.
    /// - Throws: What the stream threw, `CancellationError`.
    public func next() async throws -> ByteBuffer? { try await store.next() }
}
