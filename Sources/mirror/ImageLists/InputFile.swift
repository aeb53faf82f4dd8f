// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads what a command line names: a file, a pipe, or standard input.
enum InputFile {
    /// Reads all of it, or as much as a limit allows.
    /// - Parameter path: `-` stands for standard input.
    /// - Returns: `nil` if there is no such file.
    /// - Throws: ``StateError`` if it cannot be read.
    static func read(_ path: String, limit: Int) throws -> [UInt8]? {
        guard path != "-" else { return try read(STDIN_FILENO, path, limit: limit) }
        // What a shell makes of <(helm template …) is a pipe, and waiting for whoever writes to it is what is wanted.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw StateError(path: path, number: errno)
        }
        defer { close(descriptor) }
        return try read(descriptor, path, limit: limit)
    }

    private static func read(_ descriptor: Int32, _ path: String, limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < limit {
            let count = Foundation.read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw StateError(path: path, number: errno) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
