// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A member of a tar archive, and where its bytes are.
struct TarMember: Hashable, Sendable {
    /// What it is.
    enum Kind: Hashable, Sendable {
        case file
        case folder
        /// A symbolic link, and what it points to, as it is written.
        case link(String)
    }

    /// The longest name, in bytes.
    private static let longestName = 4096

    let kind: Kind
    /// The name without `./` in front and a slash at the end; empty for the folder of everything.
    let name: String
    /// Where its bytes begin.
    let offset: Int64
    /// How many there are.
    let size: Int64

    /// - Parameters:
    ///   - records: What stands in front of the header.
    ///   - offset: Where its bytes begin.
    init(_ block: TarBlock, _ records: PaxRecords?, at offset: Int64) throws(TarMistake) {
        size = try Self.size(block, records)
        self.offset = offset
        let name = records?.path ?? block.name
        switch block.type {
        case UInt8(ascii: "0"): kind = .file
        case UInt8(ascii: "5"): kind = .folder
        case UInt8(ascii: "2"): kind = .link(block.target)
        default: throw .kind(block.type)
        }
        // Only some readers take such a length for something that follows.
        guard kind == .file || size == 0 else { throw .size }
        self.name = try Self.plain(name, isFolder: kind == .folder)
    }

    /// Where the next header begins, unless that is further away than any number says.
    var end: Int64? {
        let (end, overflows) = offset.addingReportingOverflow(size)
        let (next, overflowsToo) = end.addingReportingOverflow(Int64(TarHeader.padding(after: size)))
        return overflows || overflowsToo ? nil : next
    }

    /// The length, which may be said twice, but not differently.
    private static func size(_ block: TarBlock, _ records: PaxRecords?) throws(TarMistake) -> Int64 {
        guard let size = records?.size else { return block.size }
        // What does not fit is written as nothing, or as much as fits.
        let fits = size <= TarNumber.longestOctal
        guard fits ? block.size == size : [0, TarNumber.longestOctal].contains(block.size) else { throw .size }
        return size
    }

    private static func plain(_ written: String, isFolder: Bool) throws(TarMistake) -> String {
        var name = written[...]
        while name.hasPrefix("./") { name = name.dropFirst(2) }
        if isFolder {
            if name.hasSuffix("/") { name = name.dropLast() }
            if written == "." || written == "./" { return "" }
        }
        guard written.utf8.count <= longestName, !name.isEmpty,
            name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }),
            name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ !["", ".", ".."].contains($0) })
        else { throw .name(String(written.prefix(200))) }
        return String(name)
    }
}
