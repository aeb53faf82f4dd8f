// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite struct ImageConfigurationTests {
    private func created(_ date: String) -> Int64? {
        ImageConfiguration(Array(#"{"created":"\#(date)"}"#.utf8))?.created
    }

    @Test(arguments: [
        ("2026-01-01T00:00:00Z", 1_767_225_600),
        ("1970-01-01T00:00:01Z", 1),
        ("2024-02-29T23:59:59Z", 1_709_251_199),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
        // Fractions do not count, however long.
        ("2026-01-01T00:00:00.5Z", 1_767_225_600),
        ("2026-01-01T00:00:00.999999999Z", 1_767_225_600),
        ("2026-01-01T00:00:00.123456789+02:00", 1_767_218_400),
        // Offsets do.
        ("2026-01-01T02:00:00+02:00", 1_767_225_600),
        ("2025-12-31T19:00:00-05:00", 1_767_225_600),
        ("2026-01-01T05:45:00+05:45", 1_767_225_600),
        ("2026-01-01T00:00:00+00:00", 1_767_225_600),
    ])
    func `the date is read to the second`(_ text: String, seconds: Int64) { #expect(created(text) == seconds) }

    @Test(arguments: [
        // What builders write that want the same bytes every time, or do not know.
        "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1901-01-01T00:00:00.000000001Z",
        // What is no date.
        "", " ", "now", "2026", "2026-01-01", "2026-01-01T00:00Z", "2026-13-01T00:00:00Z", "2026-01-32T00:00:00Z",
        "1767225600", "Thu, 01 Jan 2026 00:00:00 GMT", "+2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00", "99999-01-01T00:00:00Z", "2026-01-01T00:00:00.", "２０２６-01-01T00:00:00Z",
    ])
    func `a date that says nothing is none`(_ text: String) { #expect(created(text) == nil) }

    @Test func `a text of any length is read in no time, and is no date`() {
        for unit in ["9", ".", "2026-01-01T00:00:00Z", "+", "T"] {
            #expect(created(String(repeating: unit, count: 100_000)) == nil)
            #expect(created("2026-01-01T00:00:00." + String(repeating: unit, count: 100_000) + "Z") == nil)
        }
    }

    @Test(arguments: ["{}", #"{"created":null}"#, #"{"architecture":"amd64","os":"linux"}"#])
    func `a configuration without a date is one`(_ text: String) {
        #expect(ImageConfiguration(Array(text.utf8))?.created == nil)
        #expect(ImageConfiguration(Array(text.utf8)) != nil)
    }

    @Test(arguments: [
        "", "null", "[]", "{", "\"x\"", #"{"created":5}"#, #"{"created":["2026-01-01T00:00:00Z"]}"#, "\u{0}",
    ])
    func `what is none is told`(_ text: String) { #expect(ImageConfiguration(Array(text.utf8)) == nil) }

    @Test func `bytes that are no text are none`() {
        #expect(ImageConfiguration([0xFF, 0xFE, 0x00]) == nil)
        let deep = String(repeating: "[", count: 100_000)
        #expect(ImageConfiguration(Array(#"{"created":"2026-01-01T00:00:00Z","x":\#(deep)"#.utf8)) == nil)
    }
}
