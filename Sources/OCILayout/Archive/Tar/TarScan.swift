// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Goes through the members of an archive from one header to the next, without reading what is in them; calls block.
struct TarScan {
    /// Zeros behind the end, as tools write them to fill a record.
    private static let longestTail: Int64 = 1 << 20

    private let bytes: ArchiveBytes
    private var position: Int64 = 0

    init(_ bytes: ArchiveBytes) { self.bytes = bytes }

    /// The next member; `nil` at the end of the archive.
    /// - Throws: ``ArchiveError/refused(path:offset:_:)`` with the place of the header that is wrong.
    mutating func next() throws -> TarMember? {
        let start = position
        do { return try member() } catch let mistake as TarMistake {
            throw ArchiveError.refused(path: bytes.path, offset: start, mistake)
        }
    }

    private mutating func member() throws -> TarMember? {
        var block = try block()
        if block.allSatisfy({ $0 == 0 }) {
            try checkTail()
            return nil
        }
        var header = try TarBlock(block)
        var records: PaxRecords?
        if header.type == UInt8(ascii: "x") {
            records = try self.records(header.size)
            block = try self.block()
            header = try TarBlock(block)
        }
        let member = try TarMember(header, records, at: position)
        guard let end = member.end, end <= bytes.count else { throw TarMistake.cut }
        position = end
        return member
    }

    private mutating func block() throws -> [UInt8] {
        let block = try bytes.read(TarHeader.blockSize, at: position)
        guard block.count == TarHeader.blockSize else { throw TarMistake.cut }
        position += Int64(block.count)
        return block
    }

    private mutating func records(_ size: Int64) throws -> PaxRecords {
        guard (1...Int64(PaxRecords.longest)).contains(size) else {
            throw TarMistake.records("they have \(size) bytes")
        }
        let records = try bytes.read(Int(size), at: position)
        guard records.count == Int(size) else { throw TarMistake.cut }
        position += size + Int64(TarHeader.padding(after: size))
        return try PaxRecords(records[...])
    }

    /// Two blocks of zeros end an archive, and behind them there is nothing but zeros.
    private func checkTail() throws {
        let rest = bytes.count - position
        guard rest >= Int64(TarHeader.blockSize) else { throw TarMistake.cut }
        guard rest <= Self.longestTail, try bytes.read(Int(rest), at: position).allSatisfy({ $0 == 0 }) else {
            throw TarMistake.tail
        }
    }
}
