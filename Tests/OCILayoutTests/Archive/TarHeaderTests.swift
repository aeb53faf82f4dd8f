// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCILayout

@Suite struct TarHeaderTests {
    @Test func `a header says its name and its length, and has the checksum of ustar`() {
        let bytes = TarHeader(name: "blobs/sha256/aa", size: 1234).bytes(modified: 5)
        #expect(bytes.count == 512)
        #expect(TarHeader.plain(bytes) == TarHeader(name: "blobs/sha256/aa", size: 1234))
        let sum = bytes.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        #expect(
            String(decoding: bytes[148..<154], as: UTF8.self)
                == "\(String(repeating: "0", count: 6 - String(sum, radix: 8).count))\(String(sum, radix: 8))"
        )
        #expect(String(decoding: bytes[136..<147], as: UTF8.self) == "00000000005")
    }

    @Test func `what does not fit stands in a pax header, whose length counts itself`() {
        let name = "blobs/sha512/\(String(repeating: "a", count: 128))"
        let long = TarHeader(name: name, size: 9 << 30).bytes(modified: 0)
        #expect(long.count == 3 * 512)
        let records = String(decoding: long[512..<1024].prefix { $0 != 0 }, as: UTF8.self).split(separator: "\n")
        #expect(records.count == 2)
        for record in records { #expect(record.prefix { $0 != " " } == "\(record.utf8.count + 1)", "\(record)") }
        #expect(records[0].hasSuffix("path=\(name)"))
        #expect(records[1].hasSuffix("size=9663676416"))
    }

    @Test(arguments: [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511)] as [(Int64, Int)])
    func `content is filled to whole blocks`(_ size: Int64, _ padding: Int) {
        #expect(TarHeader.padding(after: size) == padding)
    }
}
