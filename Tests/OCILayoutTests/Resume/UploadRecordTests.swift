// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct UploadRecordTests {
    private static func upload(_ name: String, _ offset: Int64, noted: Int64 = 5, location: String = "u")
        -> UploadRecord
    {
        .open(
            RememberedUpload(
                key: key(name),
                checkpoint: UploadCheckpoint(location: location, offset: offset),
                noted: noted
            )
        )
    }

    private static func key(_ name: String) -> RememberedUpload.Key {
        RememberedUpload.Key(blob: .of(name), repository: repository("team/app"))
    }

    private static let locations = [
        "https://r.lan/v2/team/app/blobs/uploads/1?_state=a%20b", "", " ", "two words\nand a line\n", "\u{0}",
        "ü\u{1F600}",
    ]

    @Test(arguments: locations)
    func `a line reads back as it was written, whatever the location is`(_ location: String) throws {
        let record = Self.upload("a", 1 << 40, location: location)
        #expect(UploadRecord.read(UploadRecord.header + (try #require(record.line))) == [record])
    }

    @Test func `a location that is too long has no line`() {
        #expect(Self.upload("a", 1, location: String(repeating: "x", count: 4000)).line == nil)
        #expect(Self.upload("a", 1, location: String(repeating: "x", count: 3800)).line != nil)
    }

    @Test(arguments: [
        "", "open", "open a b", "ended", "ended sha256:00 a", "ended \(Digest.of("a")) a b",
        "ended \(Digest.of("a")) A",
        "open \(Digest.of("a")) a 1 2", "open \(Digest.of("a")) a -1 2 u", "open \(Digest.of("a")) a x 2 u",
        "open \(Digest.of("a")) a 1 x u", "closed \(Digest.of("a")) a",
        "open \(Digest.of("a")) a 9223372036854775808 2 u",
    ])
    func `what is no change is none`(_ text: String) {
        #expect(UploadRecord(parsing: Array(text.utf8)[...]) == nil)
        #expect(UploadRecord.read(UploadRecord.header + CheckedLine.line(Array(text.utf8))) == [])
    }

    @Test(arguments: UInt64(1)...8)
    func `a journal of random changes that is cut anywhere tells the changes before the cut`(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let records = (0..<20)
            .map { _ in
                let name = "\(random.next() % 4)"
                return random.next() % 3 == 0
                    ? UploadRecord.ended(Self.key(name))
                    : Self.upload(name, Int64(random.next() >> 20), location: Self.locations[Int(random.next() % 6)])
            }
        let lines = try records.map { try #require($0.line) }
        let bytes = UploadRecord.header + lines.flatMap(\.self)
        var (whole, count) = (UploadRecord.header.count, 0)
        for length in 0...bytes.count {
            while count < lines.count, whole + lines[count].count <= length {
                whole += lines[count].count
                count += 1
            }
            #expect(
                UploadRecord.read(Array(bytes[..<length])) == Array(records[..<count]),
                "seed \(seed), cut at \(length)"
            )
        }
        // A flipped bit ends what counts in its line.
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 1 << UInt8(random.next() % 8)
            let told = UploadRecord.read(flipped)
            #expect(told == Array(records[..<told.count]) && told.count < records.count, "seed \(seed), byte \(index)")
        }
    }

    @Test func `garbage tells nothing, and stops nothing`() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2000 {
            let bytes = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(UploadRecord.read(bytes) == [])
            #expect(UploadRecord.read(UploadRecord.header + bytes) == [])
        }
        #expect(UploadRecord.read(UploadRecord.header + Array("ffffffff 00000000 x\n".utf8)) == [])
    }

    @Test func `the table is bounded, and lets the oldest go`() {
        var table = UploadTable()
        for number in 0..<600 { table.apply(Self.upload("\(number)", 1, noted: Int64(1000 - number))) }
        #expect(table.uploads.count == UploadTable.capacity)
        #expect(table.uploads[Self.key("0")] != nil)
    }

    @Test(
        arguments: [
            (1_000_000, true), (395_200, true), (395_199, false), (1_086_400, true), (1_086_401, false),
            (Int64.min, false), (Int64.max, false),
        ] as [(Int64, Bool)]
    )
    func `what is older than a week is not adopted`(_ noted: Int64, isAdopted: Bool) {
        var (table, other) = (UploadTable(), UploadTable())
        other.apply(Self.upload("a", 1, noted: noted))
        table.adopt(other, at: 1_000_000)
        #expect(table.uploads.isEmpty != isAdopted)
    }

    @Test func `of two notes of one upload, the later one is adopted`() {
        for notes in [[(1, 5), (9, 4)], [(9, 4), (1, 5)], [(0, 5), (1, 5)], [(1, 5), (0, 5)]] as [[(Int64, Int64)]] {
            var table = UploadTable()
            for (offset, noted) in notes {
                var other = UploadTable()
                other.apply(Self.upload("a", offset, noted: noted))
                table.adopt(other, at: 10)
            }
            #expect(table.uploads[Self.key("a")]?.checkpoint.offset == 1)
        }
    }
}
