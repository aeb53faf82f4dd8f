// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A name and a password, as an `Authorization` of the scheme Basic carries them (RFC 7617).
struct BasicCredential: Sendable {
    /// The name; it holds no control characters.
    let name: String
    /// The password, which no description shows.
    let password: [UInt8]

    /// Reads a header; `nil` for another scheme and for what is not one.
    init?(_ header: String) {
        guard header.utf8.count <= 2048 else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let bytes = Base64.decode(parts[1].utf8.drop { $0 == 0x20 }),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let name = String(validating: bytes[..<colon], as: UTF8.self), !name.isEmpty,
            !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { return nil }
        self.name = name
        password = Array(bytes[(colon + 1)...])
    }
}

extension BasicCredential: CustomStringConvertible {
    /// The name alone.
    var description: String { name }
}

/// The encoding of RFC 4648, section 4.
enum Base64 {
    /// The bytes; `nil` for anything that is not properly encoded.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var digits = Array(text)
        while digits.last == 0x20 { digits.removeLast() }
        guard digits.count % 4 == 0 else { return nil }
        let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for digit in digits.dropLast(padding) {
            guard let value = value(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x41...0x5A: digit - 0x41
        case 0x61...0x7A: digit - 0x61 + 26
        case 0x30...0x39: digit - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
