// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import mirror

@Suite struct BandwidthTests {
    @Test(
        arguments: [
            ("0B", 0), ("1B", 1), ("999999999B", 999_999_999), ("1kB", 1000), ("1KB", 1000), ("1KiB", 1024),
            ("20MB", 20_000_000),
            ("20MiB", 20 << 20), ("3GB", 3_000_000_000), ("3GiB", 3 << 30), ("2TB", 2_000_000_000_000),
            ("2TiB", 2 << 40),
            ("007MB", 7_000_000), ("8388607TiB", 8_388_607 << 40),
        ] as [(String, Int64)]
    )
    func `reads sizes`(_ text: String, _ bytes: Int64) {
        #expect(ByteCount(parsing: text)?.value == bytes)
        #expect(ByteRate("\(text)/s")?.bytesPerSecond == bytes)
    }

    @Test(arguments: [
        "", "1", "B", "MiB", "-1MiB", "+1MiB", "1.5MiB", "1 MiB", " 1MiB", "1MiB ", "1mib", "1Mi", "1M", "1PiB",
        "0x1MB", "٥MB",
        "1234567890B", "999999999TiB", "1MiB/s", "1MiB/", "1e3B", "1MiBMiB",
    ])
    func `does not read what is no size`(_ text: String) {
        #expect(ByteCount(parsing: text) == nil)
        #expect(ByteRate("\(text)/s") == nil)
    }

    @Test(arguments: ["1MiB", "1MiB/h", "1MiB/S", "1MiB /s", "/s", "s"])
    func `does not read what is no rate`(_ text: String) {
        #expect(ByteRate(text) == nil)
    }

    @Test(arguments: [
        ("08:00-18:00", [480, 481, 1079], [0, 479, 1080, 1439]),
        ("22:00-06:00", [1320, 1439, 0, 359], [360, 720, 1319]),
        ("18:00-00:00", [1080, 1439], [0, 1079]),
        ("00:00-00:01", [0], [1, 1439]),
    ])
    func `a part of the day may go over midnight`(_ text: String, inside: [Int], outside: [Int]) throws {
        let interval = try #require(BandwidthSchedule.Interval(text))
        for minute in inside { #expect(interval.contains(minute), "\(minute)") }
        for minute in outside { #expect(!interval.contains(minute), "\(minute)") }
    }

    @Test(arguments: [
        "", "08:00", "08:00-", "-18:00", "08:00-08:00", "8:00-18:00", "08:00-24:00", "08:60-09:00", "08:00–18:00",
        "08:00 - 18:00",
        "08:00-18:00-20:00", "0800-1800", "+8:00-18:00", "08:00:00-18:00:00", "٠٨:00-18:00",
    ])
    func `does not read what is no part of the day`(_ text: String) {
        #expect(BandwidthSchedule.Interval(text) == nil)
    }

    private func read(_ text: String) throws(ConfigMistakes) -> BandwidthSchedule {
        try MirrorConfiguration(parsing: Array("version: 1\nbandwidth: \(text)".utf8), file: "mirror.yaml").bandwidth
    }

    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return ConfigWording.lines(for: error)
        }
    }

    @Test func `the first entry that fits counts, and none is no limit`() throws {
        let schedule = try read("[{ between: 08:00-18:00, limit: 5MiB/s }, { between: 12:00-20:00, limit: 7MiB/s }]")
        for (minute, limit) in [(479, nil), (480, 5), (720, 5), (1080, 7), (1200, nil)] as [(Int, Int64?)] {
            #expect(schedule.limit(at: minute)?.bytesPerSecond == limit.map { $0 << 20 }, "\(minute)")
        }
        let rest = try read("[{ between: 08:00-18:00, limit: 5MiB/s }, { limit: 50MiB/s }]")
        #expect(rest.limit(at: 0)?.text == "50MiB/s")
    }

    @Test func `a rate alone holds always, and nothing is no limit`() throws {
        #expect(try read("20MiB/s").limit(at: 777)?.bytesPerSecond == 20 << 20)
        #expect(try read("[]").entries.isEmpty)
        #expect(MirrorConfiguration().bandwidth.limit(at: 0) == nil)
    }

    @Test(arguments: [
        ("20MiB", "2:12: bandwidth: expected a rate such as 500KiB/s or 20MiB/s, but found a text"),
        ("{ limit: 1MiB/s }", "2:12: bandwidth: expected a rate such as 500KiB/s or 20MiB/s, but found a mapping"),
        ("[{ between: 08:00-18:00 }]", "2:13: bandwidth[0]: limit is missing"),
        (
            "[{ between: 8-18, limit: 1MiB/s }]",
            "2:24: bandwidth[0].between: expected two times of the day such as 08:00-18:00, but found a text"
        ),
        ("[{ limit: 1B/s }]", "2:22: bandwidth[0].limit: 1B/s is not between 1KiB/s and 1TiB/s"),
    ])
    func `says what is wrong with a limit`(_ text: String, _ mistake: String) {
        let lines = mistakes(text)
        #expect(lines.count == 1)
        #expect(lines.first?.contains(mistake) == true, "\(lines)")
    }
}
