// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A header of a tar archive, read strictly: the ustar of POSIX, or that of GNU tar without its extensions.
///
/// Readers that disagree about one archive are a known way in, so what only some of them understand is refused
/// (CVE-2025-62518).
struct TarBlock: Hashable, Sendable {
    /// The letter that says what the member is.
    let type: UInt8
    /// The name, as it is written.
    let name: String
    /// What a link points to.
    let target: String
    /// The length that the header says.
    let size: Int64

    private static let ustar = Array("ustar\u{0}00".utf8)
    private static let gnu = Array("ustar  \u{0}".utf8)

    /// Reads a header.
    init(_ block: [UInt8]) throws(TarMistake) {
        guard block.count == TarHeader.blockSize else { throw .cut }
        let magic = Array(block[257..<265])
        guard magic == Self.ustar || magic == Self.gnu else { throw .header }
        // The sum is taken with spaces in its own place.
        let sum = block.enumerated()
            .reduce(Int64(0)) { $0 + Int64((148..<156).contains($1.offset) ? 0x20 : $1.element) }
        guard TarNumber.octal(block[148..<156]) == sum else { throw .checksum }
        guard let size = TarNumber.size(block[124..<136]) else { throw .size }
        self.size = size
        type = block[156]
        let name = try Self.text(block[..<100])
        // GNU tar keeps other things where the first part of a name is, but only for incremental, sparse or divided archives;
        // and the last bytes of a header are those of star, which gives other fields a meaning of its own.
        let unused = block[(magic == Self.ustar ? 500 : 345)...]
        guard unused.allSatisfy({ $0 == 0 }) else { throw .fields }
        let prefix = magic == Self.ustar ? try Self.text(block[345..<500]) : ""
        self.name = prefix.isEmpty ? name : "\(prefix)/\(name)"
        target = try Self.text(block[157..<257])
    }

    /// A text with nothing but zero bytes behind it.
    private static func text(_ field: ArraySlice<UInt8>) throws(TarMistake) -> String {
        let bytes = field.prefix { $0 != 0 }
        guard field[bytes.endIndex...].allSatisfy({ $0 == 0 }), let text = String(validating: bytes, as: UTF8.self)
        else { throw .name(String(decoding: bytes, as: UTF8.self)) }
        return text
    }
}
