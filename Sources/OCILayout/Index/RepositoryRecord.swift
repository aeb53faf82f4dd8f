// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The file of changes since the index was folded: a line each, `LENGTH CRC {json}`.
///
/// Pure: bytes in, changes out. A line counts only if its length and its checksum are right; from the first one that does
/// not count, nothing counts, because it was torn by a crash.
enum RepositoryRecord {
    /// The line at the start.
    static let header = Array("mirror-record 1\n".utf8)
    /// How many bytes a record can have before it is taken for damaged.
    static let maximumSize: Int64 = 256 << 20
    /// How many bytes the JSON of one line can have.
    private static let maximumLine = 1 << 20
    /// `LLLLLLLL CCCCCCCC `.
    private static let prefixLength = 18

    /// What a piece of a record says.
    struct Reading: Equatable {
        var changes: [RecordChange] = []
        /// How many bytes count.
        var length = 0
        /// Whether bytes follow that do not.
        var isTorn = false
    }

    /// Reads a record from its start; `nil` if it does not begin as one.
    static func read(_ bytes: [UInt8]) -> Reading? {
        // The header is written with the file, which then takes its place by rename: it is never torn.
        guard bytes.starts(with: header) else { return nil }
        var reading = read(lines: bytes[header.count...])
        reading.length += header.count
        return reading
    }

    /// Reads lines that were appended.
    static func read(lines bytes: ArraySlice<UInt8>) -> Reading {
        var reading = Reading()
        var rest = bytes
        while !rest.isEmpty {
            guard let (change, length) = line(rest) else {
                reading.isTorn = true
                break
            }
            reading.changes.append(change)
            reading.length += length
            rest = rest.dropFirst(length)
        }
        return reading
    }

    /// The line of a change.
    static func line(_ change: RecordChange) -> [UInt8] {
        let json = Array(change.text.utf8)
        return hex(UInt32(json.count)) + [0x20] + hex(Checksum.crc32(json)) + [0x20] + json + [0x0A]
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> (change: RecordChange, length: Int)? {
        guard let length = number(bytes.prefix(8)), length <= maximumLine,
            bytes.count > prefixLength + Int(length)
        else { return nil }
        let start = bytes.startIndex
        guard bytes[start + 8] == 0x20, let checksum = number(bytes[(start + 9)..<(start + 17)]),
            bytes[start + 17] == 0x20
        else { return nil }
        let json = bytes[(start + prefixLength)..<(start + prefixLength + Int(length))]
        guard bytes[json.endIndex] == 0x0A, Checksum.crc32(json) == checksum,
            let change = RecordChange(parsing: json)
        else { return nil }
        return (change, prefixLength + Int(length) + 1)
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
