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
        summary.destinationRequests = 13
        summary.manifestsToWrite = 3
        summary.trials = 1
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
                            about 13 at the destination (9 for blobs, 3 manifests, 1 trial)
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

    @Test func `what is refused, left and not opened is shown`() throws {
        let app = try Sample.route("team/app", to: "hub/app")
        let other = try Sample.route("team/other", to: "hub/other")
        let refusal = Refusal(new: Sample.digest(1), old: Sample.digest(2), reason: .neverOverwrites)
        let gone = Refusal(new: Sample.digest(3), old: nil, reason: .notAsPlanned(Sample.digest(4)))
        var totals = Sample.totals([
            .routeFound(app), .routeFound(other), .refused(app, .tag(try TagName("2")), refusal),
            .refused(app, .tag(try TagName("1")), gone), .left(app, .tag(.latest), Sample.digest(5)),
            .estimated(other, .tag(.latest), tag: .latest, new: Sample.digest(6), old: Sample.digest(7), details: nil),
            .estimated(other, .digest(Sample.digest(8)), tag: nil, new: Sample.digest(8), old: nil, details: nil),
        ])
        for _ in 0..<3 { totals.take(Sample.request("from.lan", kind: .manifest), .source) }
        totals.take(Sample.request("from.lan", kind: .listing), .source)
        for _ in 0..<5 { totals.take(Sample.request("to.lan", kind: .question), .destination) }
        var rows = PlanRows()
        for event in [
            RunEvent.refused(app, .tag(try TagName("2")), refusal), .refused(app, .tag(try TagName("1")), gone),
            .left(app, .tag(.latest), Sample.digest(5)),
            .estimated(other, .tag(.latest), tag: .latest, new: Sample.digest(6), old: Sample.digest(7), details: nil),
            .estimated(other, .digest(Sample.digest(8)), tag: nil, new: Sample.digest(8), old: nil, details: nil),
        ] { rows.take(event) }
        let report = PlanReport(title: "team", totals: totals, rows: rows, summary: PlanSummary())
        #expect(
            report.text(Style(isColoured: false)) == """
                hub/app  (from team/app)
                  ! :1  nothing stays, not sha256:333333333333
                  ! :2  sha256:222222222222 stays, not sha256:111111111111
                  < 1 left to the way back
                hub/other  (from team/other)
                  ~ :latest  sha256:777777777777 → sha256:666666666666  not opened
                  + @sha256:888888888888  sha256:888888888888  not opened

                team: 1 new, 1 moved, 0 equal, 1 left to the way back, 2 refused in 2 repositories
                  blobs     0 to copy (0 B), about 0 to mount, 0 already there
                  estimate  2 images not opened: their blobs and requests are not in these sums
                  requests  about 4 at the source (1 listing, 3 manifests)
                            about 5 at the destination (5 questions)
                  pulls     3 manifests fetched to look, which a pull limit counts
                  nothing was changed
                """
        )
    }

    /// A plan of so many tags in so many repositories, of which some have nothing to do.
    private func big(_ tags: Int, in repositories: Int, idle: Int = 0) throws -> PlanReport {
        var events: [RunEvent] = []
        for number in 0..<repositories { events.append(.routeFound(try Sample.route("team/app-\(number)"))) }
        let routes = try (0..<repositories - idle).map { try Sample.route("team/app-\($0)") }
        for number in 0..<tags {
            // The first ten have most to do.
            let route = routes[(number < tags / 2 ? number / 10 : number / 10 % 10) % routes.count]
            let tag = try TagName("v\(number)")
            switch number % 10 {
            case 0:
                events.append(
                    .estimated(route, .tag(tag), tag: tag, new: Sample.digest(1), old: Sample.digest(2), details: nil)
                )
            case 1:
                let refusal = Refusal(new: Sample.digest(1), old: Sample.digest(2), reason: .unknownThere)
                events.append(.refused(route, .tag(tag), refusal))
            case 2: events.append(.equal(route, .tag(tag), Sample.digest(3)))
            default:
                events.append(.estimated(route, .tag(tag), tag: tag, new: Sample.digest(1), old: nil, details: nil))
            }
        }
        for number in (repositories - idle)..<repositories {
            events.append(.equal(try Sample.route("team/app-\(number)"), .tag(.latest), Sample.digest(3)))
        }
        return report(events)
    }

    @Test func `a plan of 10,000 tags in 120 repositories fits on a screen, and shows the counts`() throws {
        let report = try big(10_000, in: 120)
        let text = report.text(Style(isColoured: false))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 40)
        #expect(text.contains("plan: 7000 new, 1000 moved, 1000 equal, 1000 refused in 120 repositories"))
        #expect(text.contains("  estimate  8000 images not opened"))
        // The repositories with most to do, each with its counts and the first of its tags.
        let shown = lines.prefix { !$0.hasPrefix("…") }
        #expect(shown.count == 20)
        let form = #/team/app-[0-9]+  (\+[0-9]+ )?(~[0-9]+ )?(![0-9]+ )?(=[0-9]+ )? :v[0-9]+( :v[0-9]+){0,2}( …)?/#
        #expect(shown.allSatisfy { $0.wholeMatch(of: form) != nil })
        #expect(lines[20] == "… and 100 more repositories")
        func sum(_ line: Substring) -> Int {
            line.split(separator: " ").filter { "+~!".contains($0.first ?? " ") }.compactMap { Int($0.dropFirst()) }
                .reduce(0, +)
        }
        let sums = shown.map(sum)
        #expect(sums == sums.sorted(by: >))
    }

    @Test func `however many repositories there are, the text has an end`() throws {
        for (tags, repositories, idle) in [
            (41, 2, 0), (300, 41, 0), (10, 5000, 4990), (0, 5000, 4999), (39, 39, 0), (50, 21, 0),
        ] {
            let report = try big(tags, in: repositories, idle: idle)
            let lines = report.text(Style(isColoured: false)).split(separator: "\n")
            #expect(lines.count <= 50, "\(tags) \(repositories)")
            #expect(lines.contains { $0.contains(" in \(repositories) repositories") })
        }
    }

    @Test func `repositories with nothing to do give way to single images`() throws {
        let lines = try big(5, in: 500, idle: 499).text(Style(isColoured: false)).split(separator: "\n")
        #expect(
            lines.prefix(7) == [
                "team/app-0", "  ~ :v0  sha256:222222222222 → sha256:111111111111  not opened",
                "  + :v3  sha256:111111111111  not opened", "  + :v4  sha256:111111111111  not opened",
                "  ! :v1  sha256:222222222222 stays, not sha256:111111111111", "  = 1 equal",
                "plan: 2 new, 1 moved, 500 equal, 1 refused in 500 repositories",
            ]
        )
    }

    @Test func `colours are only in the coloured style, and change no word`() throws {
        for report in [try big(30, in: 3), try big(1000, in: 50)] {
            let plain = report.text(Style(isColoured: false))
            let coloured = report.text(Style(isColoured: true))
            #expect(!plain.contains("\u{1B}"))
            for code in ["1", "31", "32", "33", "2"] { #expect(coloured.contains("\u{1B}[\(code)m"), "\(code)") }
            #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == plain)
        }
    }
}
