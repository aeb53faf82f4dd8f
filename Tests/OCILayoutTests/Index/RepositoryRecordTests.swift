// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import OCILayout

@Suite struct RepositoryRecordTests {
    private static let changes: [RecordChange] = [
        .put(.sample("a"), tags: [tag("v1"), tag("latest")]),
        .put(.sample("b", subject: "a", isBlob: true), tags: []),
        .untag(tag("v1")),
        .put(
            ManifestEntry(mediaType: MediaType("application/x \"odd\\type\"") ?? .ociConfig, digest: .of("c"), size: 3),
            tags: []
        ),
        .remove(.of("b")),
    ]
    private static let lines = changes.map(RepositoryRecord.line)
    private static let bytes = RepositoryRecord.header + lines.flatMap(\.self)

    @Test func `changes read back as they were written`() {
        let reading = RepositoryRecord.read(Self.bytes)
        #expect(reading == .init(changes: Self.changes, length: Self.bytes.count, isTorn: false))
    }

    @Test func `a record that is cut anywhere says what its whole lines say`() {
        let header = RepositoryRecord.header.count
        for length in 0...Self.bytes.count {
            let reading = RepositoryRecord.read(Array(Self.bytes[..<length]))
            guard length >= header else {
                #expect(reading == nil)
                continue
            }
            var (whole, count) = (header, 0)
            while count < Self.lines.count, whole + Self.lines[count].count <= length {
                whole += Self.lines[count].count
                count += 1
            }
            #expect(reading?.changes == Array(Self.changes[..<count]), "cut at \(length)")
            #expect(reading?.length == whole)
            #expect(reading?.isTorn == (length != whole))
        }
    }

    @Test func `a record with any byte flipped says only what stands before it`() {
        for index in Self.bytes.indices {
            for bit in 0..<8 {
                var bytes = Self.bytes
                bytes[index] ^= 1 << bit
                let reading = RepositoryRecord.read(bytes)
                guard index >= RepositoryRecord.header.count else {
                    #expect(reading == nil)
                    continue
                }
                var (end, count) = (RepositoryRecord.header.count, 0)
                while end + Self.lines[count].count <= index {
                    end += Self.lines[count].count
                    count += 1
                }
                #expect(reading?.changes == Array(Self.changes[..<count]), "byte \(index), bit \(bit)")
                #expect(reading?.isTorn == true)
            }
        }
    }

    @Test func `a length that no file has is not believed`() {
        let line = Array("ffffffff 00000000 {}\n".utf8)
        #expect(RepositoryRecord.read(RepositoryRecord.header + line)?.isTorn == true)
    }

    @Test func `the checksum is the one of gzip`() {
        #expect(Checksum.crc32("123456789".utf8) == 0xCBF4_3926)
    }
}
