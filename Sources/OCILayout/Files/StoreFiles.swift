// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// The threads on which the files of a store are read and written, so that a slow disk stops nothing else.
final class StoreFiles: Sendable {
    /// Bytes that are read or written in one go: a hop to another thread costs as much as some 100 KB.
    static let chunkSize = 512 << 10

    let observer: FileStep.Observer?
    private let pool: NIOThreadPool
    private let isShutDown = Mutex(false)

    init(threads: Int = 8, observer: FileStep.Observer? = nil) {
        self.observer = observer
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
    }

    deinit {
        // The pool insists on an end, also where the owner of the store forgot it.
        if !isShutDown.withLock({ $0 }) { pool.shutdownGracefully { _ in } }
    }

    /// Runs blocking work; it is not broken off when the task is cancelled.
    /// - Throws: ``StoreError/shutDown`` after ``shutDown()``, and what the work throws.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit { isActive in
                continuation.resume(with: isActive ? Result { try body() } : .failure(StoreError.shutDown))
            }
        }
    }

    /// Runs work on one of the threads; `false` where there are none any more.
    func submit(_ body: @escaping @Sendable (_ isActive: Bool) -> Void) {
        pool.submit { state in
            switch state {
            case .active: body(true)
            case .cancelled: body(false)
            }
        }
    }

    /// Runs work on one of the threads, a little later.
    func submit(in pause: TimeAmount, _ body: @escaping @Sendable (_ isActive: Bool) -> Void) {
        _ = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: pause) { self.submit(body) }
    }

    func shutDown() async throws {
        let isFirst = isShutDown.withLock { value in
            defer { value = true }
            return !value
        }
        if isFirst { try await pool.shutdownGracefully() }
    }
}
