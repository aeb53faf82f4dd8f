// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
@testable import Replication
import Testing
@testable import mirror

@Suite struct VerifyReportTests {
    private static let plain = Style(isColoured: false)

    private func finding(_ kind: Finding.Kind, tag: String = "1") throws -> Finding {
        let tag = try TagName(tag)
        return Finding(route: try Sample.route(), target: .tag(tag), tag: tag, root: Sample.digest(1), kind: kind)
    }

    private var part: Finding.Part {
        Finding.Part(digest: Sample.digest(2), size: 10, isManifest: false, parent: Sample.digest(1))
    }

    private func events() throws -> [VerifyEvent] {
        let flight = BlobFlight(blob: Sample.blob(2, size: 10), route: try Sample.route())
        let missing = try finding(.missing(Sample.digest(1)), tag: "2")
        let damaged = try finding(.damaged(part, .size(actual: 4)))
        return [
            .routeFound(try Sample.route()), .readingStarted(flight), .readingMoved(flight, 5),
            .readingEnded(flight, wasRead: true), .sound(try Sample.route(), .tag(.latest), Sample.digest(3)),
            .found(missing), .found(damaged), .found(try finding(.extra(nil), tag: "old")), .healed(missing),
            .unhealed(damaged, .unchanged),
        ]
    }

    private func report(_ events: [VerifyEvent], _ terms: VerifyTerms, failure: (any Error)? = nil) -> VerifyReport {
        var totals = VerifyTotals()
        for event in events { totals.take(event) }
        return VerifyReport(
            terms: terms,
            totals: totals,
            requests: RequestTally(),
            duration: .seconds(2),
            failure: failure
        )
    }

    @Test func `the report looks like this`() throws {
        let sample = BlobSample(share: 0.05, seed: 42)
        let report = try report(events(), VerifyTerms(depth: .content(sample), heals: true))
        #expect(
            report.text(Self.plain) == """
                done: 1 sound, 2 differ (1 missing, 1 damaged), 1 healed, 1 not healed, 1 extra in 1 repository
                  depth     a sample of 5%: 1 blob read (10 B); the same one again with --seed 42
                  requests  0 at the source, 0 at the destination
                  time      2.0 s, 5 B/s
                """
        )
        #expect(report.exitCode == .failure)
    }

    @Test func `the status is about what still differs`() throws {
        let terms = VerifyTerms(depth: .closure, heals: true)
        let missing = try finding(.missing(Sample.digest(1)))
        #expect(report([], terms).exitCode == .success)
        #expect(report([.found(missing)], terms).exitCode == .failure)
        #expect(report([.found(missing), .healed(missing)], terms).exitCode == .success)
        #expect(try report([.found(finding(.extra(nil)))], terms).exitCode == .success)
        let failed = VerifyEvent.failed(missing.route, missing.target, CancellationError())
        #expect(report([failed], terms).exitCode == .failure)
        #expect(report([], terms, failure: CatalogUnavailable(place: "h.lan")).exitCode == .unavailable)
    }

    @Test func `lines say what is wrong with what, and what can be done`() throws {
        let digest = Sample.digest(2)
        let damaged = try finding(.damaged(part, .size(actual: 4)))
        func line(_ event: VerifyEvent) -> String? { VerifyWording.line(for: event, Self.plain) }
        #expect(
            line(.found(damaged))
                == "damaged team/app:1: the blob \(digest) of its manifest has 4 bytes instead of 10"
        )
        #expect(
            try line(.found(finding(.incomplete(part))))
                == "incomplete team/app:1: the blob \(digest) of its manifest is not there"
        )
        #expect(try line(.healed(finding(.missing(Sample.digest(1))))) == "healed team/app:1")
        let unhealed = try #require(line(.unhealed(damaged, .unchanged)))
        #expect(
            unhealed.hasPrefix("not healed team/app:1: the blob \(digest) of its manifest: the destination confirmed")
        )
        #expect(unhealed.contains("\n  hint: "))
        #expect(unhealed.contains("blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)"))
    }

    @Test func `lines for scripts have these keys`() throws {
        func object(_ line: JSONLine?) throws -> [String: Any] {
            let text = JSONView.text(try #require(line))
            return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }
        let found = try object(JSONLine(verified: .found(finding(.damaged(part, .bytes(actual: Sample.digest(3)))))))
        #expect(
            found.keys.sorted() == ["destination", "digest", "event", "kind", "message", "part", "source", "tag"]
        )
        #expect(found["kind"] as? String == "damaged")
        #expect(
            (found["part"] as? [String: Any])?.keys.sorted() == ["actualDigest", "digest", "parent", "size", "type"]
        )
        let terms = VerifyTerms(depth: .content(BlobSample(share: 0.5, seed: 1)), heals: false)
        let end = try object(JSONLine(report(events(), terms)))
        #expect(end.keys.sorted() == ["depth", "event", "interrupted", "sample", "seconds", "verified"])
        #expect(
            (end["verified"] as? [String: Any])?.keys.sorted() == [
                "blobsRead", "blobsSent", "bytesRead", "bytesSent", "damaged", "differing", "extra", "failed", "healed",
                "incomplete", "missing", "moved", "remaining", "repositories", "sound", "unlisted",
            ]
        )
        let flight = BlobFlight(blob: Sample.blob(2, size: 10), route: try Sample.route())
        #expect(JSONLine(verified: .readingStarted(flight)) == nil)
    }

    @Test func `bytes on their way are shown, and gone when they have passed`() throws {
        let flight = BlobFlight(blob: Sample.blob(2, size: 8_000_000), route: try Sample.route())
        var totals = VerifyTotals()
        totals.take(.readingStarted(flight))
        totals.take(.readingMoved(flight, 4_000_000))
        func lines() -> [String] { MovingPart.lines(totals, rate: 0, columns: 80, rows: 24, style: Self.plain) }
        #expect(lines().count == 2)
        #expect(lines()[0].contains("4.00 MB/8.00 MB"))
        totals.take(.readingEnded(flight, wasRead: false))
        #expect(lines().count == 1)
        #expect(totals.bytesMoved == 0)
    }

    @Test(arguments: [
        ["--sample", "5%"], ["--depth", "content", "--seed", "1"], ["--wait"],
        ["--depth", "content", "--sample", "5"], ["--depth", "content", "--sample", "0%"],
        ["--depth", "content", "--sample", "101%"], ["--depth", "deep"],
    ])
    func `options that make no sense are refused`(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try VerifyCommand.parse(arguments) }
    }

    @Test func `a share is read with its percent sign`() {
        #expect(SampleShare(argument: "5%")?.value == 0.05)
        #expect(SampleShare(argument: "0.1%")?.value == 0.001)
        #expect(SampleShare(argument: "100%")?.value == 1)
    }
}
