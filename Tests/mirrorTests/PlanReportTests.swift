// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
@testable import Replication
import Testing
@testable import mirror

@Suite struct PlanReportTests {
    private func report(_ events: [RunEvent], _ summary: PlanSummary = PlanSummary()) -> PlanReport {
        var rows = PlanRows()
        for event in events { rows.take(event) }
        return PlanReport(totals: Sample.totals(events), rows: rows, summary: summary)
    }

    @Test func `a plan looks like this`() throws {
        let app = try Sample.route("team/app", to: "hub/app")
        let base = try Sample.route("base")
        var summary = PlanSummary()
        summary.blobsToCopy = 3
        summary.bytesToCopy = 12_000_000
        summary.blobsToMount = 2
        summary.blobsPresent = 1
        summary.bytesSaved = 5_000_000
        summary.sourceRequests = 3
        summary.destinationRequests = 12
        summary.manifestsToWrite = 3
        let report = report(
            [
                .routeFound(app), .routeFound(base), .planned(try Sample.plan(app, tag: "2", root: 2)),
                .planned(try Sample.plan(app, tag: "1", root: 1, movedFrom: 3)),
                .planned(try Sample.plan(base, tag: nil, root: 4)), .equal(app, .tag(.latest), Sample.digest(5)),
            ],
            summary
        )
        #expect(
            report.text(Style(isColoured: false)) == """
                base
                  + @sha256:444444444444  sha256:444444444444
                hub/app  (from team/app)
                  ~ :1  sha256:333333333333 → sha256:111111111111
                  + :2  sha256:222222222222
                  = 1 equal

                plan: 2 new, 1 moved, 1 equal in 2 repositories
                  blobs     3 to copy (12.0 MB), about 2 to mount, 1 already there
                  saved     5.00 MB by sending nothing twice
                  requests  about 3 at the source (3 blobs)
                            about 12 at the destination (9 for blobs, 3 manifests)
                  nothing was changed
                """
        )
    }

    @Test func `a plan of nothing looks like this`() {
        #expect(
            report([]).text(Style(isColoured: false)) == """
                plan: 0 new, 0 moved, 0 equal in 0 repositories
                  blobs     0 to copy (0 B), about 0 to mount, 0 already there
                  requests  about 0 at the source
                            about 0 at the destination
                  nothing was changed
                """
        )
    }

    @Test func `long lists are cut`() throws {
        let route = try Sample.route()
        let report = report(try (100..<150).map { RunEvent.planned(try Sample.plan(route, tag: "v\($0)")) })
        let lines = report.text(Style(isColoured: false)).split(separator: "\n")
        #expect(lines.first == "\(route.destination)  +50  :v100 :v101 :v102 …")
        #expect(lines.count < 10)
    }

    @Test func `the questions that only a plan asks are not foretold of a run`() {
        var totals = RunTotals()
        for _ in 0..<5 { totals.take(Sample.request("to.lan", kind: .blobQuestion), .destination) }
        for _ in 0..<2 { totals.take(Sample.request("to.lan"), .destination) }
        totals.take(Sample.request("from.lan"), .source)
        var summary = PlanSummary()
        summary.sourceRequests = 10
        summary.destinationRequests = 20
        let report = PlanReport(totals: totals, rows: PlanRows(), summary: summary)
        #expect(report.requests(.source) == 11)
        #expect(report.requests(.destination) == 22)
    }
}
