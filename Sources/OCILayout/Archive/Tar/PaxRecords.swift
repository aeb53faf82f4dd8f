// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The records of a pax header: `LENGTH KEY=VALUE\n`, the length being that of the whole record (POSIX.1-2017, pax, "pax
/// Header Block").
struct PaxRecords: Hashable, Sendable {
    /// The most bytes of records that one member may have.
    static let longest = 64 << 10
    /// What says nothing of where the bytes of a member are, or what it is called.
    private static let ignored: Set = ["mtime", "atime", "ctime", "uid", "gid", "uname", "gname"]

    /// The name of the member, where it does not fit into its header.
    private(set) var path: String?
    /// The length of the member, where it does not fit.
    private(set) var size: Int64?

    /// Reads records.
    ///
    /// Owners and times are passed over; anything else could change what a member is, and is refused.
    init(_ bytes: ArraySlice<UInt8>) throws(TarMistake) {
        var rest = bytes
        var keys: Set<String> = []
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            guard digits.count <= 6, let length = TarNumber.decimal(digits), length > digits.count + 1,
                length <= rest.count
            else { throw .records("a record has no length") }
            let record = rest[(digits.endIndex + 1)..<(rest.startIndex + Int(length))]
            rest = rest[record.endIndex...]
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")),
                let key = String(validating: record[..<equals], as: UTF8.self),
                let value = String(validating: record[(equals + 1)...].dropLast(), as: UTF8.self)
            else { throw .records("a record is malformed") }
            guard keys.insert(key).inserted else { throw .records("\(key.prefix(64)) stands twice") }
            try take(key, value)
        }
    }

    private mutating func take(_ key: String, _ value: String) throws(TarMistake) {
        switch key {
        case "path": path = value
        case "size":
            guard let number = TarNumber.decimal(Array(value.utf8)[...]) else { throw .size }
            size = number
        case _ where Self.ignored.contains(key): break
        default: throw .records("\(key.prefix(64)) is not understood")
        }
    }
}
