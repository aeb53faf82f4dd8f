// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file that is small enough to be read at once, with what is known of who may read it.
public struct SmallFile: Sendable {
    /// All that is in the file.
    public let bytes: [UInt8]
    /// The permission bits.
    public let mode: UInt32

    /// Whether others than the owner may read or write the file.
    public var isOpenToOthers: Bool { mode & 0o077 != 0 }

    /// Reads a file.
    /// - Parameter limit: The most bytes that are read; a longer file is refused, not cut.
    /// - Returns: `nil` if there is no such file.
    public static func read(_ path: String, limit: Int) throws(SmallFileError) -> SmallFile? {
        func failure(_ reason: SmallFileError.Reason) -> SmallFileError { SmallFileError(path: path, reason: reason) }
        // Without O_NONBLOCK, opening a pipe that nobody writes to would never end.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure(.system(errno))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(.system(errno)) }
        // /dev/null, a device, stands for "nothing" in many scripts.
        guard [S_IFREG, S_IFCHR].contains(status.st_mode & S_IFMT) else { throw failure(.notAFile) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(.system(errno)) }
            if count == 0 { return SmallFile(bytes: bytes, mode: UInt32(status.st_mode & 0o7777)) }
            bytes += chunk[..<count]
        }
        throw failure(.tooLarge(limit))
    }
}

/// Why a small file could not be read or written.
public struct SmallFileError: Error, Hashable, Sendable {
    /// What went wrong.
    public enum Reason: Hashable, Sendable {
        /// The system refused, with this `errno`.
        case system(Int32)
        /// It is a folder, a pipe or a socket.
        case notAFile
        /// It has more bytes than this.
        case tooLarge(Int)
        /// One symbolic link leads to another too often.
        case tooManyLinks
    }

    /// The file.
    public let path: String
    /// What went wrong.
    public let reason: Reason
}
