// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// One of the ways in which a server lets itself be convinced (RFC 9110, 11.6.1).
struct Challenge: Hashable, Sendable {
    /// The scheme in lower case: `basic`, `bearer`, or one that is not known here.
    let scheme: String
    /// The parameters, their names in lower case.
    let parameters: [String: String]

    /// The longest header that is read, in bytes, all of its lines together.
    static let maximumLength = 16 << 10

    /// Reads `WWW-Authenticate` headers: several challenges may stand in several headers, or in one.
    ///
    /// What cannot be read ends the reading of its header; challenges with control bytes in them are left out. The time it
    /// takes grows with the length of the text and not faster.
    static func parse(_ headers: [String]) -> [Challenge] {
        guard headers.reduce(0, { $0 + $1.utf8.count }) <= maximumLength else { return [] }
        return headers.flatMap { header in
            var parser = Parser(bytes: Array(header.utf8))
            return parser.challenges()
        }
    }

    private struct Parser {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func challenges() -> [Challenge] {
            var found: [Challenge] = []
            var scheme: String?
            var parameters: [String: String] = [:]
            func close() {
                if let scheme { found.append(Challenge(scheme: scheme, parameters: parameters)) }
            }
            while true {
                skip { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
                let word = token()
                guard !word.isEmpty else { break }
                skip { $0 == 0x20 || $0 == 0x09 }
                guard scheme != nil, peek == UInt8(ascii: "=") else {
                    // A word that nothing is set equal to begins the next challenge.
                    close()
                    scheme = word.lowercased()
                    parameters = [:]
                    continue
                }
                position += 1
                skip { $0 == 0x20 || $0 == 0x09 }
                guard let value = value() else {
                    scheme = nil
                    break
                }
                // Of two equal names the first counts, so that nothing behind it can change its meaning.
                if parameters[word.lowercased()] == nil { parameters[word.lowercased()] = value }
            }
            close()
            return found
        }

        private mutating func skip(while condition: (UInt8) -> Bool) {
            while let byte = peek, condition(byte) { position += 1 }
        }

        private mutating func token() -> String {
            let start = position
            skip { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        /// A quoted text, or, more leniently than the RFC, anything up to a comma or a space.
        private mutating func value() -> String? {
            var out: [UInt8] = []
            if peek == UInt8(ascii: "\"") {
                position += 1
                while let byte = peek, byte != UInt8(ascii: "\"") {
                    position += 1
                    if byte == UInt8(ascii: "\\"), let escaped = peek {
                        position += 1
                        out.append(escaped)
                    } else {
                        out.append(byte)
                    }
                }
                guard peek != nil else { return nil }
                position += 1
            } else {
                let start = position
                skip { $0 != UInt8(ascii: ",") && $0 != 0x20 && $0 != 0x09 }
                out = Array(bytes[start..<position])
            }
            guard out.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
            return String(validating: out, as: UTF8.self)
        }
    }
}
