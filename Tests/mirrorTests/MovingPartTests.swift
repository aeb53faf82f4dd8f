// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
@testable import Replication
import Testing
@testable import mirror

@Suite struct MovingPartTests {
    private static let plain = Style(isColoured: false)

    /// Blobs on their way, each further than the one before.
    private func totals(_ sizes: [Int64], names: String = "team/app") throws -> RunTotals {
        var events: [RunEvent] = []
        for (number, size) in sizes.enumerated() {
            let blob = Descriptor(
                mediaType: .ociLayerGzip,
                digest: Digest(algorithm: .sha256, hash: Array(repeating: UInt8(number), count: 32)),
                size: size
            )
            let flight = BlobFlight(blob: blob, route: try Sample.route("\(names)-\(number)"))
            events.append(.blobStarted(flight))
            events.append(.blobMoved(flight, .position(size / Int64(sizes.count) * Int64(number))))
        }
        return Sample.totals(events)
    }

    private func lines(_ totals: RunTotals, columns: Int, rows: Int, rate: Int64 = 0) -> [String] {
        MovingPart.lines(totals, rate: rate, columns: columns, rows: rows, style: Self.plain)
    }

    @Test(arguments: [(80, 24), (40, 10), (120, 50), (200, 60), (60, 8)], [0, 1, 3, 9, 32])
    func `no line is wider than the screen, and no more than half of it is taken`(
        _ screen: (columns: Int, rows: Int),
        _ count: Int
    ) throws {
        for sizes in [
            Array(repeating: Int64(64 << 20), count: count), Array(repeating: 1000, count: count),
            (0..<count).map { $0.isMultiple(of: 2) ? .max : 10 },
        ] {
            let totals = try totals(sizes, names: String(repeating: "long/", count: 20) + "name")
            for rate in [Int64(0), 1, 123_456_789] {
                let lines = lines(totals, columns: screen.columns, rows: screen.rows, rate: rate)
                #expect(lines.allSatisfy { $0.count <= screen.columns })
                #expect(lines.count <= screen.rows / 2)
                #expect(!lines.isEmpty)
            }
        }
    }

    @Test func `colours add nothing to the width`() throws {
        let totals = try totals(Array(repeating: 64 << 20, count: 32))
        let coloured = MovingPart.lines(totals, rate: 5, columns: 80, rows: 24, style: Style(isColoured: true))
        let stripped = coloured.map { $0.replacing(/\u{1B}\[[0-9;]*m/, with: "") }
        #expect(coloured != stripped)
        #expect(stripped == lines(totals, columns: 80, rows: 24, rate: 5))
    }

    @Test func `a screen with some blobs looks like this`() throws {
        var totals = try totals([64 << 20, 128 << 20, 10_000, 2_147_483_648])
        totals.take(.routeFound(try Sample.route()))
        totals.take(.planned(try Sample.plan(Sample.route(), blobs: [Sample.blob(1, size: 4_000_000_000)])))
        #expect(
            lines(totals, columns: 80, rows: 24, rate: 100_000_000) == [
                "  team/app-0 00000000                       ░░░░░░░░░░░░░░░░       0 B/67.1 MB",
                "  team/app-1 01010101                       ████░░░░░░░░░░░░    33.6 MB/134 MB",
                "  team/app-3 03030303                       ████████████░░░░   1.61 GB/2.15 GB",
                "  … 1 more on the way",
                "0/1 images  1.64 GB/4.00 GB  100 MB/s  23.6 s left                             ",
            ]
        )
    }

    @Test func `a narrow screen with many blobs looks like this`() throws {
        let totals = try totals(Array(repeating: 64 << 20, count: 32))
        let lines = lines(totals, columns: 40, rows: 10)
        #expect(lines.count == 4)
        #expect(lines[2] == "  … 30 more on the way")
    }

    @Test func `small blobs alone are only counted`() throws {
        let lines = try lines(totals([1, 2, 3]), columns: 80, rows: 24)
        #expect(lines.first == "  … 3 blobs on the way")
        #expect(lines.count == 2)
    }

    @Test func `failures and ends are counted in the total`() throws {
        var totals = try totals([])
        totals.take(.planned(try Sample.plan(Sample.route())))
        totals.take(.equal(try Sample.route(), .tag(.latest), Sample.digest(1)))
        totals.take(.failed(try Sample.route(), .tag(.latest), Fault(description: "x")))
        let line = try #require(lines(totals, columns: 80, rows: 24).last)
        #expect(line.hasPrefix("2/2 images  0 B/0 B  1 failed"))
    }

    @Test func `a flight that has ended is not shown any more`() throws {
        let flight = BlobFlight(blob: Sample.blob(1, size: 64 << 20), route: try Sample.route())
        let other = BlobFlight(blob: Sample.blob(1, size: 64 << 20), route: try Sample.route())
        var totals = Sample.totals([.blobStarted(flight), .blobStarted(other), .blobMoved(flight, .position(1000))])
        #expect(totals.bytesInFlight == 1000)
        totals.take(.blobEnded(flight, .copied))
        #expect(totals.flights.map(\.flight) == [other])
        #expect(totals.bytesInFlight == 0)
        totals.take(.blobEnded(other, nil))
        #expect(lines(totals, columns: 80, rows: 24).count == 1)
        #expect(totals.blobsCopied == 1)
    }

    @Test func `the rate is that of the last seconds`() {
        var rate = Rate()
        let start = ContinuousClock.now
        #expect(rate.bytesPerSecond == 0)
        rate.note(0, at: start)
        #expect(rate.bytesPerSecond == 0)
        for second in 1...20 { rate.note(Int64(second * 1000), at: start + .seconds(second)) }
        #expect(rate.bytesPerSecond == 1000)
        for second in 21...40 { rate.note(20_000, at: start + .seconds(second)) }
        #expect(rate.bytesPerSecond == 0)
        // An upload that began anew.
        rate.note(5, at: start + .seconds(41))
        #expect(rate.bytesPerSecond == 0)
    }
}
