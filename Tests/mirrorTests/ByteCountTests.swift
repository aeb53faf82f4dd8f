// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import mirror

@Suite struct ByteCountTests {
    @Test(
        arguments: [
            ("0B", 0), ("1B", 1), ("500MB", 500_000_000), ("64MiB", 67_108_864), ("10GiB", 10_737_418_240),
            ("3kB", 3000), ("3KB", 3000), ("3KiB", 3072), ("2TB", 2_000_000_000_000), ("2TiB", 2_199_023_255_552),
            ("8388607TiB", 9_223_370_937_343_148_032),
        ] as [(String, Int64)]
    )
    func `a number and a unit are bytes`(_ text: String, bytes: Int64) {
        let count = ByteCount(parsing: text)
        #expect(count?.value == bytes)
        #expect(count?.text == text)
    }

    @Test(arguments: [
        "", "10", "GiB", "10 GiB", "10gib", "10G", "-1GiB", "+1GiB", "1.5GiB", "10GiB/s", "0x10MB", "٣MB",
        "8388608TiB", "1000000000B", "99999999999999999999MB",
    ])
    func `what is no size is none`(_ text: String) { #expect(ByteCount(parsing: text) == nil) }

    @Test func `sizes are ordered by their bytes`() throws {
        let sizes = try ["1GiB", "1001MB", "1GB"].map { try #require(ByteCount(parsing: $0)) }
        #expect(sizes.sorted().map(\.text) == ["1GB", "1001MB", "1GiB"])
    }
}
