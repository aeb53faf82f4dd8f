// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Numbers as they stand in headers of tar archives.
enum TarNumber {
    /// The largest number of eleven octal digits.
    static let longestOctal: Int64 = 0o77_777_777_777

    /// A number of decimal digits and nothing else.
    static func decimal(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard !bytes.isEmpty, bytes.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self))
    }

    /// A number of at most eleven octal digits, behind which there are only spaces or zero bytes.
    static func octal(_ field: ArraySlice<UInt8>) -> Int64? {
        let digits = field.prefix { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
        guard (1...11).contains(digits.count), digits.count < field.count,
            field[digits.endIndex...].allSatisfy({ $0 == 0 || $0 == UInt8(ascii: " ") })
        else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    /// A length: octal, or in binary where it has more than eleven digits (GNU tar, "Extensions to the archive format").
    ///
    /// A small or negative number in binary is written by no tool, and read differently by several.
    static func size(_ field: ArraySlice<UInt8>) -> Int64? {
        guard field.first == 0x80 else { return octal(field) }
        let number = field.dropFirst().reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) }
        guard field.dropFirst().prefix(3).allSatisfy({ $0 == 0 }), number > UInt64(longestOctal),
            number <= UInt64(Int64.max)
        else { return nil }
        return Int64(number)
    }
}
