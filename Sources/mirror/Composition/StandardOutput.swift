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
