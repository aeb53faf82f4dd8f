// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A file in a tar archive, as its header says it: ustar, with a pax header in front where a name or a length does not fit
/// (POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format").
///
/// There is no owner in it and no clock, so that the same content makes the same archive.
struct TarHeader: Hashable, Sendable {
    /// The length of a header, of which all lengths are multiples.
    static let blockSize = 512
    /// The largest number of eleven octal digits.
    private static let longestPlainSize: Int64 = 0o77_777_777_777
    private static let longestPlainName = 100

    var name: String
    /// The length of the file in bytes.
    var size: Int64

    /// How many bytes that mean nothing follow a length, up to the next header.
    static func padding(after size: Int64) -> Int { Int((512 - size % 512) % 512) }

    /// The header as it is written.
    /// - Parameter modified: The time that the file is given, in seconds since 1970.
    func bytes(modified: Int64) -> [UInt8] {
        var records: [UInt8] = []
        if name.utf8.count > Self.longestPlainName { records += Self.record("path", name) }
        if size > Self.longestPlainSize { records += Self.record("size", "\(size)") }
        let plainName = String(decoding: name.utf8.prefix(Self.longestPlainName), as: UTF8.self)
        let plain = Self.block(plainName, "0", size: min(size, Self.longestPlainSize), modified: modified)
        guard !records.isEmpty else { return plain }
        let extra = Self.block("pax", "x", size: Int64(records.count), modified: modified)
        return extra + records + [UInt8](repeating: 0, count: Self.padding(after: Int64(records.count))) + plain
    }

    /// The name and the length that a plain header says; `nil` for anything else.
    static func plain(_ block: [UInt8]) -> TarHeader? {
        guard block.count == blockSize, let name = String(validating: block[..<100].prefix { $0 != 0 }, as: UTF8.self),
            let size = Int64(String(decoding: block[124..<135], as: UTF8.self), radix: 8), size >= 0
        else { return nil }
        return TarHeader(name: name, size: size)
    }

    private static func block(_ name: String, _ type: Character, size: Int64, modified: Int64) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockSize)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ number: Int64, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, at: 0)
        put(octal(0o644, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(min(max(modified, 0), longestPlainSize), digits: 11), at: 136)
        // The sum is taken with spaces in its own place.
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar\u{0}00", at: 257)
        put(octal(block.reduce(0) { $0 + Int64($1) }, digits: 6) + "\u{0} ", at: 148)
        return block
    }

    /// `LENGTH KEY=VALUE\n`, the length being that of the whole record.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let body = " \(key)=\(value)\n"
        var length = body.utf8.count
        // The length counts its own digits.
        while "\(length)\(body)".utf8.count != length { length = "\(length)\(body)".utf8.count }
        return Array("\(length)\(body)".utf8)
    }
}
