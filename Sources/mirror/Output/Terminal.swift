// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a standard stream is connected to.
struct Terminal {
    static let standardError = Terminal(descriptor: STDERR_FILENO)
    static let standardOutput = Terminal(descriptor: STDOUT_FILENO)

    let descriptor: Int32

    /// Whether a person may be looking.
    var isTerminal: Bool { isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Columns and rows; 80 and 24 where the terminal does not tell.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Colours only on a terminal, and not where `NO_COLOR` is set.
    var style: Style {
        let forbidden = !(ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
        return Style(isColoured: isTerminal && !forbidden)
    }

    /// Writes a text at once; a reader that has gone away is no reason to fail.
    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}

/// Colours, or none.
struct Style {
    let isColoured: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func red(_ text: String) -> String { wrap(text, "31") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func yellow(_ text: String) -> String { wrap(text, "33") }
    func dim(_ text: String) -> String { wrap(text, "2") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
