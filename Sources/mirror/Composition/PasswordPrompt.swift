// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCIRegistry

/// Takes a password from standard input: from a pipe, or from a person who does not see it.
enum PasswordPrompt {
    /// The longest password that is taken.
    static let maximumSize = 64 << 10

    /// Reads all of standard input; one newline at its end does not count.
    static func readAll() throws(LoginInputError) -> Secret {
        var bytes: [UInt8] = []
        while let chunk = try? FileHandle.standardInput.read(upToCount: 4096), !chunk.isEmpty {
            bytes += chunk
            guard bytes.count <= maximumSize else { throw .tooLong(maximumSize) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
        return try secret(text.droppingNewline)
    }

    /// Asks for a line, which is seen while it is typed.
    static func ask(_ question: String) throws(LoginInputError) -> String {
        guard isatty(STDIN_FILENO) == 1 else { throw .noTerminal }
        Terminal.standardError.write(question)
        return readLine() ?? ""
    }

    /// Asks for a password, which is not.
    ///
    /// Keys that would interrupt the program are read as keys, so that the terminal never stays without echo.
    /// - Returns: `nil` if Control-C was pressed.
    static func askSecretly(_ question: String) throws(LoginInputError) -> Secret? {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else { throw .noTerminal }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        // What was typed before the question is no answer to it.
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        defer {
            var before = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Terminal.standardError.write("\n")
        }
        Terminal.standardError.write(question)
        var bytes: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { break }
            switch byte {
            case 0x0A, 0x0D, 0x04:
                guard let text = String(validating: bytes, as: UTF8.self) else { throw .notText }
                return try secret(text)
            case 0x03: return nil
            // Backspace takes a whole character away, Control-U all of them.
            case 0x08, 0x7F:
                while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
            case 0x15: bytes = []
            default:
                guard bytes.count < maximumSize else { throw .tooLong(maximumSize) }
                bytes.append(byte)
            }
        }
        throw .empty
    }

    private static func secret(_ text: String) throws(LoginInputError) -> Secret {
        guard !text.isEmpty else { throw .empty }
        return Secret(text)
    }
}

/// Why what was given to a login cannot be used.
enum LoginInputError: Error, Hashable {
    case noTerminal
    case empty
    case tooLong(Int)
    case notText
    case noUsername
    case colon
}
