// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The framing of files that are only appended to: a line each, `LENGTH CRC payload`.
///
/// A line counts only if its length and its checksum are right; from the first one that does not count, nothing counts,
/// because it was torn by a crash. Pure.
enum CheckedLine {
    /// `LLLLLLLL CCCCCCCC `.
    private static let prefixLength = 18

    /// The line of a payload.
    static func line(_ payload: [UInt8]) -> [UInt8] {
        hex(UInt32(payload.count)) + [0x20] + hex(Checksum.crc32(payload)) + [0x20] + payload + [0x0A]
    }

    /// The payload of the line that `bytes` begin with, and the length of the line; `nil` if it does not count.
    /// - Parameter maximum: How many bytes a payload can have.
    static func first(of bytes: ArraySlice<UInt8>, maximum: Int) -> (payload: ArraySlice<UInt8>, length: Int)? {
        guard let length = number(bytes.prefix(8)), length <= maximum, bytes.count > prefixLength + Int(length) else {
            return nil
        }
        let start = bytes.startIndex
        guard bytes[start + 8] == 0x20, let checksum = number(bytes[(start + 9)..<(start + 17)]),
            bytes[start + 17] == 0x20
        else { return nil }
        let payload = bytes[(start + prefixLength)..<(start + prefixLength + Int(length))]
        guard bytes[payload.endIndex] == 0x0A, Checksum.crc32(payload) == checksum else { return nil }
        return (payload, prefixLength + Int(length) + 1)
    }

    private static func hex(_ number: UInt32) -> [UInt8] {
        let digits = Array(String(number, radix: 16).utf8)
        return [UInt8](repeating: 0x30, count: 8 - digits.count) + digits
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard digits.count == 8, digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
            return nil
        }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
