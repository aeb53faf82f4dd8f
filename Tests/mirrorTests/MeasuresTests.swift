// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

@testable import mirror
import Testing

@Suite struct MeasuresTests {
    @Test(arguments: [
        (Int64(0), "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (9994, "9.99 kB"),
        (9995, "10.0 kB"), (12_345, "12.3 kB"), (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"),
        (999_500, "1.00 MB"), (1_000_000, "1.00 MB"), (59_000_000, "59.0 MB"), (2_147_483_648, "2.15 GB"),
        (963_000_000, "963 MB"), (999_999_999_999, "1.00 TB"), (5_000_000_000_000_000, "5.00 PB"),
        (Int64.max, "9.22 EB"),
    ])
    func `bytes are read with three digits and powers of a thousand`(_ count: Int64, _ text: String) {
        #expect(Measures.bytes(count) == text)
    }

    @Test(arguments: [
        (Duration.zero, "0.0 ms"), (.milliseconds(12.34), "12.3 ms"), (.milliseconds(999), "999.0 ms"),
        (.milliseconds(999.6), "1.0 s"), (.seconds(1), "1.0 s"), (.seconds(59.94), "59.9 s"),
        (.seconds(59.96), "1 min 0 s"), (.seconds(60), "1 min 0 s"), (.seconds(200), "3 min 20 s"),
        (.seconds(3599), "59 min 59 s"), (.seconds(3600), "1 h 0 min"), (.seconds(7500), "2 h 5 min"),
        (.seconds(1_000_000), "277 h 46 min"),
    ])
    func `durations are read in the unit that fits`(_ duration: Duration, _ text: String) {
        #expect(Measures.duration(duration) == text)
    }

    @Test func `a duration that claims of strangers lead to does not trap (C09)`() {
        #expect(Measures.duration(.seconds(Double(Int64.max))).hasSuffix(" min"))
        #expect(Measures.duration(.seconds(Int64.max)).hasSuffix(" min"))
    }

    @Test(arguments: [(0, "0 tags"), (1, "1 tag"), (2, "2 tags")])
    func `counts have their noun in the right number`(_ number: Int, _ text: String) {
        #expect(Measures.count(number, "tag") == text)
    }

    @Test func `a noun can have a plural of its own`() {
        #expect(Measures.count(1, "repository", "repositories") == "1 repository")
        #expect(Measures.count(2, "repository", "repositories") == "2 repositories")
    }
}
