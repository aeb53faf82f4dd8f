// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OCIRegistry

@Suite struct RetryAfterTests {
    /// 6 November 1994, 08:49:37 UTC, the time of the RFC's example.
    private let now: Int64 = 784_111_777

    @Test(arguments: [
        ("0", 0), ("1", 1), ("120", 120), ("007", 7), ("86400", 86_400),
        // Absurd wishes become the longest that is kept (F15).
        ("86401", 86_400), ("1000000000", 86_400), ("99999999999999999999", 86_400),
        ("9223372036854775807", 86_400), ("9223372036854775808", 86_400), (String(repeating: "9", count: 1000), 86_400),
        ("Sun, 06 Nov 1994 08:49:38 GMT", 1), ("Sun, 06 Nov 1994 08:51:37 GMT", 120),
        ("Mon, 07 Nov 1994 00:00:00 GMT", 54_623), ("Sun, 06 Nov 1994 08:49:60 GMT", 23),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ])
    func `F15 reads seconds and dates, and bounds them`(_ text: String, _ seconds: Int) {
        #expect(RetryAfter.parse(text, now: now) == .seconds(seconds))
    }

    @Test(arguments: [
        "", " ", "-1", "-1000000000", "+5", "1.5", "1e3", "0x10", "5 s", " 5", "5 ", "soon", "٥", "NaN",
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:36 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sun, 06 Nov 1995 08:49:37", "Sun, 06 Nov 1995 08:49:37 CET", "Sun, 06 Nov 1995 24:00:00 GMT",
        "Sun, 06 Nov 1995 08:60:00 GMT", "Sun, 06 Nov 1995 08:00 GMT", "Sun, 00 Nov 1995 08:00:00 GMT",
        "Sun, 32 Nov 1995 08:00:00 GMT", "Sun, 06 Nor 1995 08:00:00 GMT", "Sun, 06 Nov 99999 08:00:00 GMT",
        "Sun, 06 Nov 9223372036854775807 08:00:00 GMT", "Sunday, 06-Nov-95 08:49:37 GMT", "Sun Nov  6 08:49:37 1995",
        "1995-11-06T08:49:37Z",
    ])
    func `F15 does not wait for what is no wish, or over`(_ text: String) {
        #expect(RetryAfter.parse(text, now: now) == nil)
    }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:01 GMT", 0, 1),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_399, 1), ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_799, 1),
            ("Thu, 01 Mar 2100 00:00:00 GMT", 4_107_542_399, 1), ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_207_999, 1),
            ("Wed, 31 Dec 2025 23:59:59 GMT", 1_767_225_598, 1), ("Thu, 01 Jan 2026 00:00:00 GMT", 1_767_225_599, 1),
        ] as [(String, Int64, Int)]
    )
    func `counts leap years and turns of the year`(_ text: String, _ now: Int64, _ seconds: Int) {
        #expect(RetryAfter.parse(text, now: now) == .seconds(seconds))
    }
}
