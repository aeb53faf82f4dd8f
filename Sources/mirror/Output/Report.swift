// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import OCIRegistry

/// The end of a run, as it is reported.
struct Report {
    let totals: RunTotals
    let duration: Duration
    /// The name of the job, where there is one.
    var title: String?
    /// What ended the run before its end, if something did.
    var interruption: Interruption.Cause?
    /// Why the run ended early, if it did.
    let failure: (any Error)?

    var isInterrupted: Bool { interruption != nil }

    /// Success only if every selected image is now equal at the destination.
    var exitCode: ExitCode {
        if let failure { return .code(for: failure) }
        return totals.failures.isEmpty && !isInterrupted ? .success : .failure
    }

    /// Whether the destination is another than before.
    var hasChanges: Bool { totals.published > 0 }

    /// Bytes sent a second.
    var rate: Int64 {
        let seconds = duration / .seconds(1)
        // What an earlier run had sent was not sent in this time.
        let sent = max(0, totals.bytesCopied - totals.setbacks.bytesResumed)
        return seconds > 0 ? Int64(Double(sent) / seconds) : 0
    }

    /// The hosts whose answers took longest on average, the slowest first.
    var slowestHosts: [(name: String, host: RequestTally.Host)] {
        let hosts = totals.requests.byHost.map { (name: $0.key, host: $0.value) }
        return Array(hosts.sorted { $0.host.mean > $1.host.mean }.prefix(3))
    }

    /// One line: what came of the images.
    var headline: String {
        let totals = totals
        var parts = ["\(totals.published) published", "\(totals.equal) equal"]
        if totals.unwanted > 0 { parts.append("\(totals.unwanted) for other platforms") }
        if totals.left > 0 { parts.append("\(totals.left) left to the way back") }
        if totals.refused > 0 { parts.append("\(totals.refused) refused") }
        if totals.postponed > 0 { parts.append("\(totals.postponed) postponed") }
        let failed = totals.failures.count - totals.refused - totals.postponed
        if failed > 0 { parts.append("\(failed) failed") }
        let scope = "in \(Measures.count(totals.repositories, "repository", "repositories"))"
        return (title.map { "\($0): " } ?? "")
            + (isInterrupted ? "interrupted: " : failure != nil ? "ended early: " : "done: ")
            + parts.joined(separator: ", ") + " " + scope
    }

    /// The report for people.
    func text(_ style: Style) -> String {
        let totals = totals
        let requests = totals.requests.bySide
        var lines = [style.bold(headline)]
        var skipped = "\(totals.blobsMounted) mounted, \(totals.blobsPresent) already there"
        if totals.bytesSpared > 0 { skipped += "; \(Measures.bytes(totals.bytesSpared)) not sent again" }
        lines.append(
            "  blobs     \(totals.blobsCopied) copied (\(Measures.bytes(totals.bytesCopied))), \(skipped)"
        )
        if totals.companions > 0 {
            lines.append("  hanging   \(Measures.hanging(totals.companions)) copied")
        }
        lines += totals.setbacks.lines
        lines.append(
            "  requests  \(requests[.source] ?? 0) at the source, \(requests[.destination] ?? 0) at the destination"
        )
        lines.append(
            "  time      \(Measures.duration(duration))"
                + (totals.bytesCopied > 0 ? ", \(Measures.bytes(rate))/s" : "")
        )
        let hosts = slowestHosts.map { "\($0.name) (mean \(Measures.duration($0.host.mean)))".printable }
        if !hosts.isEmpty { lines.append("  answers   \(hosts.joined(separator: ", "))") }
        for (host, limit) in totals.requests.pullLimits.sorted(by: { $0.key < $1.key }) {
            lines.append("  pulls     \(Measures.pulls(limit)) at \(host)".printable)
        }
        if totals.piecesAssumed > 0 {
            let pieces = Measures.count(totals.piecesAssumed, "blob or manifest", "blobs and manifests")
            lines.append("  left out  \(pieces) (\(Measures.bytes(totals.bytesAssumed))) that the far side has")
        }
        if !totals.layersLeftOut.isEmpty {
            let layers = Measures.count(totals.layersLeftOut.count, "layer")
            lines.append("  left out  \(layers) whose publisher does not let them be copied (non-distributable)")
        }
        if totals.namesSkipped > 0 {
            lines.append("  skipped   \(Measures.count(totals.namesSkipped, "name")) that no registry may use")
        }
        if let rest { lines.append("  \(rest)") }
        return lines.joined(separator: "\n")
    }

    /// What to do about the rest after an interruption.
    var rest: String? {
        let advice = "run the same command again to go on"
        return switch interruption {
        case .signal: advice
        case .deadline(let limit): "stopped after \(Measures.duration(limit)), as was asked; \(advice)"
        case nil: nil
        }
    }

    /// The failures for people, each once with what it concerns.
    func failureLines(_ style: Style) -> [String] { Self.lines(for: totals.failures, style) }

    /// Failures in the order in which they came; where many have the same reason, the reason is said once.
    static func lines(for failures: [RunTotals.Failure], _ style: Style) -> [String] {
        var order: [String] = []
        var groups: [String: (subjects: [String], hint: String?)] = [:]
        for failure in failures {
            let sentence = Wording.sentence(for: failure.error)
            if groups[sentence] == nil { order.append(sentence) }
            groups[sentence, default: ([], Wording.hint(for: failure.error))].subjects.append(failure.subject.printable)
        }
        return order.flatMap { sentence -> [String] in
            guard let group = groups[sentence] else { return [] }
            let shown = group.subjects.prefix(10).joined(separator: ", ")
            let rest = group.subjects.count > 10 ? " and \(group.subjects.count - 10) more" : ""
            let line = "\(style.red("failed:")) \(shown)\(rest): \(sentence)"
            return [line] + (group.hint.map { ["  hint: \($0.printable)"] } ?? [])
        }
    }
}
