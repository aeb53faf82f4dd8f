// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
@testable import Replication
import Testing
@testable import mirror

@Suite struct JSONLineTests {
    private func text(_ line: JSONLine?) throws -> String { JSONView.text(try #require(line)) }

    private func keys(_ text: String) throws -> [String] {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(object as? [String: Any]).keys.sorted()
    }

    private static let ones = "sha256:" + String(repeating: "1", count: 64)
    private static let twos = "sha256:" + String(repeating: "2", count: 64)

    @Test func `events of images and blobs have these lines`() throws {
        let route = try Sample.route("team/app", to: "hub/app")
        let plan = try Sample.plan(route, movedFrom: 2, blobs: [Sample.blob(3, size: 10)])
        let flight = BlobFlight(blob: Sample.blob(2, size: 10), route: route)
        #expect(
            try text(JSONLine(.routeFound(route)))
                == #"{"destination":"hub/app","event":"repository","source":"team/app"}"#
        )
        #expect(
            try text(JSONLine(.equal(route, .tag(.latest), Sample.digest(1))))
                == #"{"destination":"hub/app","digest":"\#(Self.ones)","event":"equal","source":"team/app","tag":"latest"}"#
        )
        for (event, name) in [(RunEvent.planned(plan), "planned"), (.published(plan), "published")] {
            #expect(
                try text(JSONLine(event)) == #"{"blobs":1,"bytes":10,"destination":"hub/app","digest":"\#(Self.ones)","#
                    + #""event":"\#(name)","oldDigest":"\#(Self.twos)","source":"team/app","tag":"1"}"#
            )
        }
        for (arrival, name) in [(Arrival.copied, "copied"), (.mounted, "mounted"), (.present, "present")] {
            #expect(
                try text(JSONLine(.blobEnded(flight, arrival))) == #"{"bytes":10,"destination":"hub/app","#
                    + #""digest":"\#(Self.twos)","event":"\#(name)","source":"team/app"}"#
            )
        }
    }

    @Test func `failures have their sentence and their hint`() throws {
        let route = try Sample.route()
        let error = try Sample.error(.connection(.refused))
        let failed = try text(JSONLine(.failed(route, .tag(.latest), error)))
        #expect(try keys(failed) == ["destination", "event", "hint", "message", "source", "tag"])
        let unlisted = try text(JSONLine(.routeFailed(route.source, Fault(description: "x"))))
        #expect(unlisted == #"{"event":"failed","message":"x","source":"team/app"}"#)
        let byDigest = try text(JSONLine(.failed(route, .digest(Sample.digest(1)), Fault(description: "x"))))
        #expect(try keys(byDigest) == ["destination", "digest", "event", "message", "source"])
    }

    @Test func `events that only feed the counts have no line`() throws {
        let route = try Sample.route()
        let flight = BlobFlight(blob: Sample.blob(2, size: 10), route: route)
        for event in [
            RunEvent.blobStarted(flight), .blobMoved(flight, .position(1)), .blobEnded(flight, nil),
            .blobShared(flight.blob, route), .leftOut(pieces: 1, bytes: 2),
        ] {
            #expect(JSONLine(event) == nil)
        }
    }

    @Test func `report and plan have these keys`() throws {
        var line = JSONLine(event: "report")
        line.counts = JSONLine.Counts(RunTotals())
        line.seconds = 1.5
        line.interrupted = false
        line.hosts = [JSONLine.Host(name: "h.lan", tally: RequestTally.Host())]
        line.plan = JSONLine.Plan(PlanReport(totals: RunTotals(), rows: PlanRows(), summary: PlanSummary()))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(text(line).utf8)) as? [String: Any]
        )
        #expect(object.keys.sorted() == ["counts", "event", "hosts", "interrupted", "plan", "seconds"])
        #expect(
            (object["counts"] as? [String: Any])?.keys.sorted() == [
                "blobsCopied", "blobsMounted", "blobsPresent", "bytesAssumed", "bytesCopied", "bytesEstimated",
                "bytesRestarted",
                "bytesResumed",
                "bytesSpared", "bytesTrusted", "companions", "destinationRequests", "equal", "failed", "lacking",
                "left",
                "manifestsEstimated", "moved", "new", "piecesAssumed", "piecesMissing", "postponed", "published",
                "refused", "repositories", "restarted",
                "resumed", "sourceRequests",
                "unopened", "unwanted",
            ]
        )
        #expect(
            (object["plan"] as? [String: Any])?.keys.sorted() == [
                "blobsPresent", "blobsToCopy", "blobsToMount", "bytesSaved", "bytesToCopy", "destinationRequests",
                "sourceRequests",
            ]
        )
        #expect(
            (object["hosts"] as? [[String: Any]])?.first?.keys.sorted() == [
                "meanSeconds", "name", "requests", "slowestSeconds",
            ]
        )
    }

    @Test func `whatever a server wrote, a line is one line of JSON (P03)`() throws {
        let evil = "a\r\nb\u{1B}[31m\u{2028}\"\\\u{0}/\u{202E}"
        let errors: [any Error] = [
            Fault(description: evil), try Sample.error(.answer(evil)), CatalogUnavailable(place: evil),
        ]
        for error in errors {
            let text = try text(JSONLine(.routeFailed(RepositoryName("a"), error)))
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x2028 })
            #expect(try keys(text).contains("message"))
        }
    }
}
