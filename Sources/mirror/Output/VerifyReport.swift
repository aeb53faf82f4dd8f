// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import Replication

/// The end of a verification, as it is reported.
struct VerifyReport {
    let terms: VerifyTerms
    let totals: VerifyTotals
    let requests: RequestTally
    let duration: Duration
    /// The name of the job, where there is one.
    var title: String?
    /// What ended it before its end, if something did.
    var interruption: Interruption.Cause?
    /// Why it ended early, if it did.
    let failure: (any Error)?

    /// Success only if every selected image is at the destination as far as was looked.
    var exitCode: ExitCode {
        if let failure { return .code(for: failure) }
        return totals.remaining == 0 && totals.failures.isEmpty && interruption == nil ? .success : .failure
    }

    /// One line: what came of the images.
    var headline: String {
        var parts = ["\(totals.sound) sound"]
        if totals.imagesDiffering > 0 {
            let verb = totals.imagesDiffering == 1 ? "differs" : "differ"
            parts.append("\(totals.imagesDiffering) \(verb) (\(kinds.joined(separator: ", ")))")
        }
        if totals.healed > 0 { parts.append("\(totals.healed) healed") }
        if terms.heals, totals.remaining > 0 { parts.append("\(totals.remaining) not healed") }
        if totals.extra > 0 { parts.append("\(totals.extra) extra") }
        if !totals.failures.isEmpty { parts.append("\(totals.failures.count) failed") }
        return (title.map { "\($0): " } ?? "")
            + (interruption != nil ? "interrupted: " : failure != nil ? "ended early: " : "done: ")
            + parts.joined(separator: ", ") + " in \(Measures.count(totals.repositories, "repository", "repositories"))"
    }

    private var kinds: [String] {
        [
            (totals.missing, "missing"), (totals.moved, "moved"), (totals.incomplete, "incomplete"),
            (totals.damaged, "damaged"), (totals.unlisted, "unlisted"),
        ]
        .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    }

    /// The report for people.
    func text(_ style: Style) -> String {
        var lines = [style.bold(headline), "  depth     \(depth)"]
        if totals.blobsSent > 0 {
            lines.append(
                "  sent      \(Measures.count(totals.blobsSent, "blob")) again (\(Measures.bytes(totals.bytesSent)))"
            )
        }
        let (source, destination) = (requests.bySide[.source] ?? 0, requests.bySide[.destination] ?? 0)
        lines.append("  requests  \(source) at the source, \(destination) at the destination")
        let seconds = duration / .seconds(1)
        let rate = totals.bytesRead > 0 && seconds > 0 ? Int64(Double(totals.bytesRead) / seconds) : 0
        lines.append("  time      \(Measures.duration(duration))" + (rate > 0 ? ", \(Measures.bytes(rate))/s" : ""))
        return lines.joined(separator: "\n")
    }

    private var depth: String {
        switch terms.depth {
        case .tags: return "the digests of tags"
        case .closure: return "every manifest, and the sizes of blobs"
        case .content(let sample):
            let read = "\(Measures.count(totals.blobsRead, "blob")) read (\(Measures.bytes(totals.bytesRead)))"
            guard sample.share < 1 else { return "every byte: \(read)" }
            return "a sample of \(sample.percent): \(read); the same one again with --seed \(sample.seed)"
        }
    }
}

extension BlobSample {
    /// `5%`, `0.1%`.
    fileprivate var percent: String {
        let percent = (share * 1_000_000).rounded() / 10_000
        return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
    }
}
