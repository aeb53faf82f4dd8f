// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import OCIRegistry
@testable import Replication
import Testing
@testable import mirror

@Suite struct ReportTests {
    private static let plain = Style(isColoured: false)

    private func events() throws -> [RunEvent] {
        let route = try Sample.route()
        let foreign = Descriptor(
            mediaType: try #require(MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")),
            digest: Sample.digest(9),
            size: 7
        )
        let plan = try Sample.plan(route, blobs: [Sample.blob(2, size: 3_000_000)], leftOut: [foreign])
        let flights = [3_000_000, 2000, 500].map { BlobFlight(blob: Sample.blob(2, size: $0), route: route) }
        return [
            .routeFound(route), .routeFound(try Sample.route("b")), .equal(route, .tag(.latest), Sample.digest(3)),
            .planned(plan), .blobStarted(flights[0]), .blobMoved(flights[0], .position(10)),
            .blobEnded(flights[0], .copied), .blobStarted(flights[1]), .blobEnded(flights[1], .mounted),
            .blobStarted(flights[2]), .blobEnded(flights[2], .present), .blobShared(Sample.blob(2, size: 100), route),
            .published(plan),
        ]
    }

    private func report(
        _ totals: RunTotals,
        isInterrupted: Bool = false,
        failure: (any Error)? = nil
    ) -> Report {
        Report(
            totals: totals,
            duration: .seconds(2),
            interruption: isInterrupted ? .signal(2) : nil,
            failure: failure
        )
    }

    @Test func `the report of a run looks like this`() throws {
        var totals = Sample.totals(try events())
        for _ in 0..<3 { totals.take(Sample.request("from.lan", milliseconds: 20), .source) }
        totals.take(Sample.request("to.lan:5000", milliseconds: 5), .destination)
        totals.takeSkippedName()
        #expect(
            report(totals).text(Self.plain) == """
                done: 1 published, 1 equal in 2 repositories
                  blobs     1 copied (3.00 MB), 1 mounted, 1 already there; 2.60 kB not sent again
                  requests  3 at the source, 1 at the destination
                  time      2.0 s, 1.50 MB/s
                  answers   from.lan (mean 20.0 ms), to.lan:5000 (mean 5.0 ms)
                  left out  1 layer whose publisher does not let them be copied (non-distributable)
                  skipped   1 name that no registry may use
                """
        )
    }

    @Test func `the pulls that are left are said as they were said last`() throws {
        var totals = RunTotals()
        for remaining in [60, 57] {
            var request = Sample.request("registry-1.docker.io:443")
            request.registry = .dockerHub
            request.pullLimit = PullLimit(limit: 100, remaining: remaining, window: .seconds(21_600))
            totals.take(request, .source)
        }
        totals.take(Sample.request("registry-1.docker.io:443"), .source)
        #expect(report(totals).text(Self.plain).hasSuffix("\n  pulls     57 of 100 pulls left (per 6 h) at docker.io"))
        var line = JSONLine(event: "report")
        line.pulls = [
            JSONLine.Pulls(host: "docker.io", limit: PullLimit(limit: 100, remaining: 57, window: .seconds(60)))
        ]
        #expect(
            JSONView.text(line)
                == #"{"event":"report","pulls":[{"host":"docker.io","limit":100,"remaining":57,"windowSeconds":60}]}"#
        )
    }

    @Test func `the report of a run with nothing to do looks like this`() throws {
        let totals = Sample.totals([
            .routeFound(try Sample.route()), .equal(try Sample.route(), .tag(.latest), Sample.digest(1)),
        ])
        #expect(
            report(totals).text(Self.plain) == """
                done: 0 published, 1 equal in 1 repository
                  blobs     0 copied (0 B), 0 mounted, 0 already there
                  requests  0 at the source, 0 at the destination
                  time      2.0 s
                """
        )
        #expect(!report(totals).hasChanges)
    }

    @Test func `an interrupted run says how to go on`() throws {
        let report = report(Sample.totals(try events()), isInterrupted: true)
        #expect(report.headline == "interrupted: 1 published, 1 equal in 2 repositories")
        #expect(report.text(Self.plain).hasSuffix("\n  run the same command again to go on"))
        #expect(report.hasChanges)
    }

    @Test func `success is said only of a run in which every image is equal now (G13)`() throws {
        let good = Sample.totals(try events())
        let bad = Sample.totals(try events() + [.failed(Sample.route(), .tag(.latest), Fault(description: "x"))])
        let unlisted = Sample.totals([.routeFailed(try RepositoryName("a"), Fault(description: "x"))])
        #expect(report(good).exitCode == .success)
        #expect(report(bad).exitCode == ExitCode(1))
        #expect(report(unlisted).exitCode == ExitCode(1))
        #expect(report(good, isInterrupted: true).exitCode != .success)
        #expect(report(good, failure: Fault(description: "x")).exitCode == ExitCode(69))
        #expect(report(bad, failure: Fault(description: "x")).exitCode == ExitCode(69))
        #expect(report(bad).headline == "done: 1 published, 1 equal, 1 failed in 2 repositories")
        let early = report(good, failure: Fault(description: "x")).headline
        #expect(early == "ended early: 1 published, 1 equal in 2 repositories")
    }

    @Test func `failures of one reason are said once, with what they concern`() throws {
        var events: [RunEvent] = []
        let refused = try Sample.error(.connection(.refused), action: .upload, subject: "b")
        for number in 0..<14 {
            events.append(.failed(try Sample.route(), .tag(try TagName("v\(number)")), refused))
            if number == 0 {
                events.append(.routeFailed(try RepositoryName("other"), Fault(description: "it is \u{1B}[31mred")))
            }
        }
        let names = (0..<10).map { "team/app:v\($0)" }.joined(separator: ", ")
        #expect(
            report(Sample.totals(events)).failureLines(Self.plain) == [
                "failed: \(names) and 4 more: cannot upload registry.lan:5000/b: the connection was refused",
                "  hint: check that the registry runs, and the port",
                #"failed: other: it is \u{1b}[31mred"#,
            ]
        )
    }

    @Test func `there is nothing to say of failures where there were none`() {
        #expect(report(RunTotals()).failureLines(Self.plain).isEmpty)
    }

    @Test func `the three hosts that answered most slowly are named`() {
        var totals = RunTotals()
        for (place, host) in ["a.lan", "b.lan", "c.lan", "d.lan"].enumerated() {
            totals.take(Sample.request(host, milliseconds: place + 1), .source)
        }
        #expect(report(totals).slowestHosts.map(\.name) == ["d.lan", "c.lan", "b.lan"])
    }

    @Test func `hosts that servers chose are counted, but remembered up to a bound`() {
        var totals = RunTotals()
        for number in 0..<1000 { totals.take(Sample.request("h\(number).lan"), .source) }
        #expect(totals.requests.bySide[.source] == 1000)
        #expect(totals.requests.byHost.count == 64)
    }

    @Test func `sizes near the largest number do not trap (C09)`() throws {
        let route = try Sample.route()
        let blobs = [Sample.blob(1, size: .max), Sample.blob(2, size: .max)]
        let plan = try Sample.plan(route, blobs: blobs)
        var totals = Sample.totals([.planned(plan), .planned(plan), .blobShared(blobs[0], route)])
        for blob in blobs {
            let flight = BlobFlight(blob: blob, route: route)
            totals.take(.blobStarted(flight))
            totals.take(.blobMoved(flight, .position(.max)))
        }
        #expect(totals.bytesPlanned == .max)
        #expect(totals.bytesInFlight == .max)
        #expect(totals.bytesToCopy >= 0)
        #expect(!Lines.progress(totals).isEmpty)
    }

    @Test func `the lines of a run are these`() throws {
        let route = try Sample.route("team/app", to: "hub/app")
        func line(_ event: RunEvent) -> String? { Lines.line(for: event, Self.plain) }
        let failed = RunEvent.failed(try Sample.route(), .tag(.latest), Fault(description: "x"))
        #expect(Lines.line(for: failed, of: try RegistryHost("a.lan"), Self.plain) == "failed a.lan/team/app:latest: x")
        let ones = Sample.digest(1).short
        #expect(line(.published(try Sample.plan(route))) == "published hub/app:1 \(ones)")
        #expect(line(.published(try Sample.plan(route, tag: nil))) == "published hub/app@\(ones) \(ones)")
        #expect(
            line(.published(try Sample.plan(route, movedFrom: 2)))
                == "moved hub/app:1 \(Sample.digest(2).short) → \(ones)"
        )
        #expect(
            line(.failed(route, .tag(.latest), Fault(description: "a\nb"))) == #"failed team/app:latest: a\u{a}b"#
        )
        #expect(line(.routeFailed(route.source, Fault(description: "x"))) == "failed team/app: x")
        #expect(line(.routeFound(route)) == nil)
        #expect(line(.planned(try Sample.plan(route))) == nil)
        #expect(
            Lines.line(for: Sample.request("h.lan"), .source) == "source: GET https://h.lan/v2/ 200 10.0 ms"
        )
        #expect(Lines.progress(RunTotals()) == "progress: 0 of 0 images, 0 B of 0 B, 0 blobs on the way")
    }
}
