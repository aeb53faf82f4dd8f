// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
@testable import Replication
import Testing
@testable import mirror

@Suite struct MetricsFileTests {
    private let folder = TemporaryFolder()

    private var path: String { folder.file("mirror.prom").path }

    /// How a job went that met these events.
    private func outcome(
        _ job: String = "team",
        _ events: [RunEvent] = [],
        requests: [Side: Int] = [:],
        code: ExitCode = .success,
        oldest: Int64? = nil
    ) -> JobOutcome {
        var totals = Sample.totals(events)
        for (side, count) in requests { for _ in 0..<count { totals.take(Sample.request("r.lan"), side) } }
        let report = Report(totals: totals, duration: .milliseconds(1500), failure: nil)
        return JobOutcome(job: job, code: code, report: report, oldestDifference: oldest)
    }

    /// Adds how a job went to what the file says.
    private func write(_ outcome: JobOutcome, now: Int64) throws {
        var file = try MetricsFile(path)
        file.add(outcome, now: now)
        try file.write()
    }

    /// The values of one metric, by the text between the braces.
    private func values(_ metric: String) throws -> [String: String] {
        let lines = try folder.text("mirror.prom").split(separator: "\n").filter { $0.hasPrefix("\(metric){") }
        return Dictionary(
            lines.map { line in
                let parts = line.split(separator: " ")
                return (String(parts[0].dropFirst(metric.count + 1).dropLast()), String(parts[1]))
            }
        ) { $1 }
    }

    private func events() throws -> [RunEvent] {
        let route = try Sample.route()
        let plan = try Sample.plan(route, blobs: [Sample.blob(2, size: 3000)])
        let flight = BlobFlight(blob: Sample.blob(2, size: 3000), route: route)
        let refusal = Refusal(new: Sample.digest(1), old: Sample.digest(2), reason: .unknownThere)
        return [
            .routeFound(route), .equal(route, .tag(.latest), Sample.digest(3)), .planned(plan), .blobStarted(flight),
            .blobEnded(flight, .copied), .published(plan), .refused(route, .tag(.latest), refusal),
            .failed(route, .tag(.latest), Fault(description: "x")), .left(route, .tag(.latest), Sample.digest(4)),
        ]
    }

    @Test func `a file looks like this`() throws {
        try write(
            outcome(
                "team",
                try events(),
                requests: [.source: 12, .destination: 34],
                code: .failure,
                oldest: 1_795_000_000
            ),
            now: 1_795_003_600
        )
        try write(outcome("base-images"), now: 1_795_003_700)
        #expect(
            try folder.text("mirror.prom") == """
                # HELP mirror_job_success Whether the last run made all selected tags equal.
                # TYPE mirror_job_success gauge
                mirror_job_success{job="base-images"} 1
                mirror_job_success{job="team"} 0
                # HELP mirror_job_last_run_timestamp_seconds When the last run ended.
                # TYPE mirror_job_last_run_timestamp_seconds gauge
                mirror_job_last_run_timestamp_seconds{job="base-images"} 1795003700
                mirror_job_last_run_timestamp_seconds{job="team"} 1795003600
                # HELP mirror_job_last_success_timestamp_seconds When a run last made all selected tags equal.
                # TYPE mirror_job_last_success_timestamp_seconds gauge
                mirror_job_last_success_timestamp_seconds{job="base-images"} 1795003700
                # HELP mirror_job_duration_seconds How long the last run took.
                # TYPE mirror_job_duration_seconds gauge
                mirror_job_duration_seconds{job="base-images"} 1.500
                mirror_job_duration_seconds{job="team"} 1.500
                # HELP mirror_job_tags Tags of the last run by what came of them.
                # TYPE mirror_job_tags gauge
                mirror_job_tags{job="base-images",outcome="equal"} 0
                mirror_job_tags{job="base-images",outcome="published"} 0
                mirror_job_tags{job="base-images",outcome="refused"} 0
                mirror_job_tags{job="base-images",outcome="failed"} 0
                mirror_job_tags{job="base-images",outcome="left"} 0
                mirror_job_tags{job="team",outcome="equal"} 1
                mirror_job_tags{job="team",outcome="published"} 1
                mirror_job_tags{job="team",outcome="refused"} 1
                mirror_job_tags{job="team",outcome="failed"} 1
                mirror_job_tags{job="team",outcome="left"} 1
                # HELP mirror_job_copied_bytes Bytes of blobs that the last run sent.
                # TYPE mirror_job_copied_bytes gauge
                mirror_job_copied_bytes{job="base-images"} 0
                mirror_job_copied_bytes{job="team"} 3000
                # HELP mirror_job_requests Requests of the last run by side.
                # TYPE mirror_job_requests gauge
                mirror_job_requests{job="base-images",side="source"} 0
                mirror_job_requests{job="base-images",side="destination"} 0
                mirror_job_requests{job="team",side="source"} 12
                mirror_job_requests{job="team",side="destination"} 34
                # HELP mirror_job_lag_seconds How long ago the tag that differs longest was first seen to differ.
                # TYPE mirror_job_lag_seconds gauge
                mirror_job_lag_seconds{job="base-images"} 0
                mirror_job_lag_seconds{job="team"} 3600

                """
        )
    }

    @Test func `the last success stays over runs that fail`() throws {
        try write(outcome(), now: 100)
        for now in [200, 300] as [Int64] { try write(outcome(code: .failure), now: now) }
        #expect(try values("mirror_job_last_success_timestamp_seconds") == ["job=\"team\"": "100"])
        #expect(try values("mirror_job_last_run_timestamp_seconds") == ["job=\"team\"": "300"])
        #expect(try values("mirror_job_success") == ["job=\"team\"": "0"])
        try write(outcome(), now: 400)
        #expect(try values("mirror_job_last_success_timestamp_seconds") == ["job=\"team\"": "400"])
        #expect(try values("mirror_job_success") == ["job=\"team\"": "1"])
    }

    @Test(arguments: [ExitCode.failure, .unavailable, ExitCode(143), .locked])
    func `a run is a success only if its status is`(_ code: ExitCode) throws {
        try write(outcome(code: code), now: 100)
        #expect(try values("mirror_job_success") == ["job=\"team\"": "0"])
        #expect(try values("mirror_job_last_success_timestamp_seconds").isEmpty)
    }

    @Test func `what the file says of other jobs stays as it is`() throws {
        try write(outcome("a.b-c_D", try events(), requests: [.source: 3]), now: 100)
        let before = try folder.text("mirror.prom").split(separator: "\n").filter { $0.contains("a.b-c_D") }
        for now in [200, 300] as [Int64] { try write(outcome("team", try events(), code: .failure), now: now) }
        let after = try folder.text("mirror.prom").split(separator: "\n").filter { $0.contains("a.b-c_D") }
        #expect(before == after)
        #expect(before.count == 13)
    }

    @Test func `a clock that was set back makes no lag below zero`() throws {
        try write(outcome(oldest: 500), now: 100)
        #expect(try values("mirror_job_lag_seconds") == ["job=\"team\"": "0"])
    }

    @Test(arguments: [
        "hello\n", "# my notes\n", "mirror_job_success 1\n", "mirror_job_success{job=\"a\"} yes\n", "up{job=\"a\"} 1\n",
        "mirror_job_success{job=\"a b\"} 1\n", "mirror_job_success{job=\"a\"} 1 x\n", "# HELP up Whether it is up.\n",
        "\u{0}",
    ])
    func `a file that has something else in it is not replaced`(_ text: String) throws {
        try write(outcome(), now: 100)
        let whole = try folder.text("mirror.prom")
        for content in [text, text + whole, whole + text] {
            try folder.write(content, to: "mirror.prom")
            #expect(throws: MetricsFileError(path: path)) { try MetricsFile(path) }
            #expect(try folder.text("mirror.prom") == content)
        }
    }

    @Test func `an empty file is one, and so is none`() throws {
        try folder.write("", to: "mirror.prom")
        try write(outcome(), now: 100)
        #expect(try values("mirror_job_success").count == 1)
        #expect(try folder.names() == ["mirror.prom"])
    }

    @Test func `the file is replaced as a whole`() throws {
        try write(outcome(), now: 100)
        let old = try FileHandle(forReadingFrom: folder.file("mirror.prom"))
        let before = try folder.text("mirror.prom")
        try write(outcome("other"), now: 200)
        #expect(try old.readToEnd().map { String(decoding: $0, as: UTF8.self) } == before)
        #expect(try folder.names() == ["mirror.prom"])
    }

    @Test func `a folder that is not there is told`() throws {
        let path = folder.file("none/mirror.prom").path
        #expect(throws: StateError.self) {
            var file = try MetricsFile(path)
            file.add(outcome(), now: 1)
            try file.write()
        }
    }
}
