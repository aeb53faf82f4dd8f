// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCIContent

/// Metrics of the last run of each job, for the textfile collector of Prometheus' node exporter.
///
/// The file is replaced as a whole, so that nobody reads half of one. What it says of other jobs stays.
struct MetricsFile {
    private let url: URL
    private var jobs: [String: [Sample]]

    /// One value of a job.
    struct Sample: Hashable {
        let metric: String
        /// A further label, as it is written: `,side="source"`.
        let label: String
        let value: String
    }

    private struct Metric {
        let name: String
        let help: String
    }

    private static let metrics = [
        Metric(name: "mirror_job_success", help: "Whether the last run made all selected tags equal."),
        Metric(name: "mirror_job_last_run_timestamp_seconds", help: "When the last run ended."),
        Metric(
            name: "mirror_job_last_success_timestamp_seconds",
            help: "When a run last made all selected tags equal."
        ),
        Metric(name: "mirror_job_duration_seconds", help: "How long the last run took."),
        Metric(name: "mirror_job_tags", help: "Tags of the last run by what came of them."),
        Metric(name: "mirror_job_copied_bytes", help: "Bytes of blobs that the last run sent."),
        Metric(name: "mirror_job_requests", help: "Requests of the last run by side."),
        Metric(
            name: "mirror_job_lag_seconds",
            help: "How long ago the tag that differs longest was first seen to differ."
        ),
    ]
    private static let lastSuccess = "mirror_job_last_success_timestamp_seconds"

    /// Opens a file, and reads what it says of earlier runs.
    /// - Throws: ``MetricsFileError`` if it is there, and not such a file: something else would be overwritten;
    ///   ``StateError`` if nothing can be written there, which is better known before a long run than after it.
    init(_ path: String) throws {
        url = URL(filePath: path)
        jobs = [:]
        let folder = (path as NSString).deletingLastPathComponent
        guard access(folder.isEmpty ? "." : folder, W_OK | X_OK) == 0 else {
            throw StateError(path: folder, number: errno)
        }
        guard let data = try? Data(contentsOf: url), !data.isEmpty else { return }
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where !Self.isHeading(line) {
            guard let (job, sample) = Self.parse(line) else { throw MetricsFileError(path: path) }
            jobs[job, default: []].append(sample)
        }
    }

    /// Takes in how a job went.
    mutating func add(_ outcome: JobOutcome, now: Int64 = WallClock.now) {
        let totals = outcome.report.totals
        let isSuccess = outcome.code == .success
        let before = jobs[outcome.job]?.first { $0.metric == Self.lastSuccess }?.value
        func sample(_ metric: String, _ value: some CustomStringConvertible, _ label: String = "") -> Sample {
            Sample(metric: "mirror_job_\(metric)", label: label, value: "\(value)")
        }
        func tags(_ outcome: String, _ count: Int) -> Sample { sample("tags", count, ",outcome=\"\(outcome)\"") }
        func requests(_ side: Side) -> Sample {
            sample("requests", totals.requests.bySide[side] ?? 0, ",side=\"\(side.rawValue)\"")
        }
        var samples = [
            sample("success", isSuccess ? 1 : 0),
            sample("last_run_timestamp_seconds", now),
            sample("duration_seconds", String(format: "%.3f", outcome.report.duration / .seconds(1))),
            tags("equal", totals.equal), tags("published", totals.published), tags("refused", totals.refused),
            tags("failed", totals.failures.count - totals.refused), tags("left", totals.left),
            sample("copied_bytes", totals.bytesCopied),
            requests(.source), requests(.destination),
            sample("lag_seconds", outcome.oldestDifference.map { max(0, now - $0) } ?? 0),
        ]
        if let last = isSuccess ? "\(now)" : before {
            samples.append(Sample(metric: Self.lastSuccess, label: "", value: last))
        }
        jobs[outcome.job] = samples
    }

    /// The file's text.
    var text: String {
        Self.metrics
            .map { metric in
                let lines = jobs.sorted { $0.key < $1.key }
                    .flatMap { job, samples in
                        samples.filter { $0.metric == metric.name }
                            .map { "\(metric.name){job=\"\(job)\"\($0.label)} \($0.value)\n" }
                    }
                guard !lines.isEmpty else { return "" }
                return "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) gauge\n" + lines.joined()
            }
            .joined()
    }

    /// Replaces the file.
    /// - Throws: ``StateError``.
    func write() throws { try WholeFile.write(text, to: url) }

    private static func isHeading(_ line: Substring) -> Bool {
        line.hasPrefix("# HELP mirror_job_") || line.hasPrefix("# TYPE mirror_job_")
    }

    /// Reads a line such as `mirror_job_tags{job="team",outcome="equal"} 3`.
    private static func parse(_ line: Substring) -> (job: String, sample: Sample)? {
        guard
            let match = line.wholeMatch(
                of: /(mirror_job_[a-z_]+)\{job="([A-Za-z0-9._-]+)"((?:,[a-z]+="[a-z]+")?)\} ([0-9.]+)/
            )
        else {
            return nil
        }
        return (String(match.2), Sample(metric: String(match.1), label: String(match.3), value: String(match.4)))
    }
}

/// A file that should be replaced by metrics has something else in it.
struct MetricsFileError: Error, Hashable {
    let path: String
}
