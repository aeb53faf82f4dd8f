// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The file of changes since the index was folded: a ``CheckedLine`` of JSON each.
///
/// Pure: bytes in, changes out. From the first line that does not count, nothing counts.
enum RepositoryRecord {
    /// The line at the start.
    static let header = Array("mirror-record 1\n".utf8)
    /// How many bytes a record can have before it is taken for damaged.
    static let maximumSize: Int64 = 256 << 20
    /// How many bytes the JSON of one line can have.
    private static let maximumLine = 1 << 20

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
    static func line(_ change: RecordChange) -> [UInt8] { CheckedLine.line(Array(change.text.utf8)) }

    private static func line(_ bytes: ArraySlice<UInt8>) -> (change: RecordChange, length: Int)? {
        guard let (json, length) = CheckedLine.first(of: bytes, maximum: maximumLine),
            let change = RecordChange(parsing: json)
        else { return nil }
        return (change, length)
    }
}
