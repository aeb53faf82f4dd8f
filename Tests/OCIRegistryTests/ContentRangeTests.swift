// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCIRegistry

@Suite struct ContentRangeTests {
    @Test(
        arguments: [
            ("bytes 0-0/1", 0..<1), ("bytes 5-9/10", 5..<10), ("bytes 5-9/*", 5..<10), ("bytes 5-7/10", 5..<8),
            ("bytes 0-9223372036854775806/9223372036854775807", 0..<Int64.max),
        ] as [(String, Range<Int64>)]
    )
    func `reads the range of an answer`(_ text: String, _ range: Range<Int64>) {
        #expect(ContentRange.parse(text) == range)
    }

    @Test(arguments: [
        "", "bytes", "bytes ", "bytes */10", "bytes 5-9", "bytes=5-9/10", "5-9/10", "items 5-9/10", "bytes 9-5/10",
        "bytes 5-10/10", "bytes 5-/10", "bytes -9/10", "bytes 5-9/", "bytes 5-9/10/10", "bytes 5-9-9/10",
        "bytes +5-9/10", "bytes -5-9/10", "bytes 5-9/+10", "bytes 5 -9/10", "bytes 0x5-9/10", "bytes ٥-9/10",
        "bytes 0-9223372036854775807/*", "bytes 0-9223372036854775808/*", "bytes 0-99999999999999999999/*",
        "bytes 0-1/99999999999999999999",
    ])
    func `refuses anything else`(_ text: String) {
        #expect(ContentRange.parse(text) == nil)
    }
}
