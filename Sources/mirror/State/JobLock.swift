// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Sees to it that a job runs once at a time on a machine: the second run waits, or is told so.
///
/// The system lets go of the lock when its process ends, however that comes; so nothing can be left behind.
final class JobLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        // Said, not left to the close: a program that is just being started still has all descriptors for a moment.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Does the work of a job while nobody else does it.
    /// - Parameter waits: Whether to wait for another run to end.
    /// - Returns: `nil` if another run holds the lock.
    /// - Throws: ``StateError`` if the lock cannot be kept; `CancellationError` while waiting; what the work throws.
    static func whileHeld<Value>(in folder: URL, waits: Bool, _ work: () async throws -> Value) async throws -> Value? {
        guard let lock = try await take(in: folder, waits: waits) else { return nil }
        defer { withExtendedLifetime(lock) {} }
        return try await work()
    }

    private static func take(in folder: URL, waits: Bool) async throws -> JobLock? {
        StateDirectory.make(folder)
        let path = folder.appending(path: "lock").path
        // Without O_CLOEXEC, a helper that outlives the run would keep the lock.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StateError(path: path, number: errno) }
        let lock = JobLock(descriptor: descriptor)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw StateError(path: path, number: errno) }
            guard waits else { return nil }
            // Asked again and again: a flock that waits cannot be interrupted without blocking a thread.
            try await Task.sleep(for: .milliseconds(200))
        }
        return lock
    }
}

/// A file of the state directory cannot be used.
struct StateError: Error, Hashable {
    let path: String
    /// The system's `errno`.
    let number: Int32
}
