// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCILayout

/// The program's standard output, where it carries content.
enum StandardOutput {
    /// Takes it for content: what is printed for people goes to standard error from now on.
    /// - Returns: The descriptor to write to.
    /// - Throws: ``OutputIsTerminal``, `StoreError`.
    static func lend() throws -> Int32 {
        guard isatty(STDOUT_FILENO) != 1 else { throw OutputIsTerminal() }
        // A reader that goes away is an error of the write, and no reason to die without a word.
        _ = signal(SIGPIPE, SIG_IGN)
        let descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        guard descriptor >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
            throw StoreError.system(.open, path: "standard output", errno: errno)
        }
        return descriptor
    }
}

/// Content would go to a terminal.
struct OutputIsTerminal: Error {}

/// The program's standard input, where it carries content.
enum StandardInput {
    /// Keeps all of it in a file without a name, for what has to be read at any place; it is gone with the process.
    /// - Returns: The open file, which the caller closes.
    /// - Throws: `StoreError`; `CancellationError`.
    static func kept(in state: URL = StateDirectory.url) throws -> Int32 {
        StateDirectory.make(state)
        let file = try NamelessFile.open(in: state.path)
        do { try copy(to: file, in: state.path) } catch {
            close(file)
            throw error
        }
        return file
    }

    private static func copy(to file: Int32, in folder: String) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            // A writer that is silent must not keep an interruption from being seen.
            var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let ready = poll(&input, 1, 200)
            try Task.checkCancellation()
            guard ready > 0 else { continue }
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else { throw StoreError.system(.read, path: "standard input", errno: errno) }
            guard count > 0 else { return }
            try buffer[..<count].withUnsafeBytes { try NamelessFile.append($0, to: file, in: folder) }
        }
    }
}
