// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A regular file that is open; closed with the last reference.
final class OpenFile: PositionedInput {
    let path: String
    private let descriptor: Int32
    private let observer: FileStep.Observer?

    init(descriptor: Int32, path: String, observer: FileStep.Observer?) {
        self.descriptor = descriptor
        self.path = path
        self.observer = observer
    }

    deinit { close(descriptor) }

    func status() throws -> FileStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(.stat) }
        return FileStatus(status)
    }

    /// Reads until `buffer` is full or the file ends.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(filled))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(.read) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        try observer?(.write(path, bytes: bytes.count))
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(written))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(.write) }
            written += count
        }
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws { try bytes.withUnsafeBytes { try write($0, at: offset) } }

    func truncate(to size: Int64) throws {
        try observer?(.truncate(path))
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure(.truncate) }
    }

    /// Makes the bytes durable.
    ///
    /// When this throws, bytes may be lost although the system goes on to show them, and another call would succeed
    /// without having saved anything: the file must be given up.
    func sync() throws {
        try observer?(.sync(path))
        guard fdatasync(descriptor) == 0 else { throw failure(.sync) }
    }

    /// Takes the right to write from everybody: content never changes.
    func protect() throws { guard fchmod(descriptor, 0o444) == 0 else { throw failure(.stat) } }

    /// Makes the file look used just now.
    func touch() { _ = futimens(descriptor, nil) }

    /// Takes the lock of the file for this descriptor, without waiting.
    /// - Returns: Whether it was free.
    func tryLock() throws -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw failure(.lock) }
        }
        return true
    }

    func unlock() { _ = flock(descriptor, LOCK_UN) }

    private func failure(_ operation: StoreError.FileOperation) -> StoreError {
        .system(operation, path: path, errno: errno)
    }
}
