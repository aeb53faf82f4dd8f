// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import Replication

/// The lines that views for people share.
enum Lines {
    /// The line for an event that is worth one.
    /// - Parameter source: The registry that is read, where there are several.
    static func line(for event: RunEvent, of source: RegistryHost? = nil, _ style: Style) -> String? {
        let place = source.map { "\($0)/" } ?? ""
        switch event {
        case .published(let plan):
            let digest = plan.root.descriptor.digest
            let name = plan.tag.map { "\(plan.route.destination):\($0)" } ?? "\(plan.route.destination)@\(digest.short)"
            switch plan.change {
            case .new: return "\(style.green("published")) \(name) \(digest.short)"
            case .moved(let old): return "\(style.yellow("moved")) \(name) \(old.short) → \(digest.short)"
            case .unchanged: return "\(style.green("completed")) \(name): \(Measures.hanging(plan.companions.count))"
            }
        case .blobMoved(let flight, .resumed(let offset)):
            return
                "resumed \(flight.blob.digest.short) behind \(Measures.bytes(offset)) of \(Measures.bytes(flight.blob.size))"
        case .blobMoved(let flight, .restarted(let lost)):
            return "restarted \(flight.blob.digest.short): the registry had lost \(Measures.bytes(lost)) of it"
        case .failed(let route, let target, let error):
            return "\(style.red("failed")) \(place)\(route.source)\(target): \(Wording.sentence(for: error))"
        case .refused(let route, let target, let refusal):
            return "\(style.red("refused")) \(place)\(route.source)\(target): \(Wording.sentence(for: refusal))"
        case .missing(let missing): return "\(style.red("missing")) \(ArchiveWording.sentence(for: missing))"
        case .routeFailed(let name, let error):
            return "\(style.red("failed")) \(place)\(name): \(Wording.sentence(for: error))"
        default: return nil
        }
    }

    /// The line for a request.
    static func line(for request: RequestRecord, _ side: Side) -> String {
        let status = request.status.map(String.init) ?? "---"
        return "\(side.rawValue): \(request.method) \(request.url) \(status) \(Measures.duration(request.duration))"
            .printable
    }

    /// How far a run is, in one line.
    static func progress(_ totals: RunTotals) -> String {
        let done = totals.published + totals.equal + totals.failures.count
        let bytes = totals.bytesCopied.addingClamped(totals.bytesInFlight)
        return "progress: \(done) of \(Measures.count(max(totals.found, done), "image")), "
            + "\(Measures.bytes(bytes)) of \(Measures.bytes(max(totals.bytesToCopy, bytes))), "
            + "\(Measures.count(totals.flights.count, "blob")) on the way" + Measures.pulls(totals.requests)
    }

    /// Why nothing could be done.
    static func complain(_ error: any Error, to terminal: Terminal) {
        if let mistakes = error as? ConfigMistakes {
            return terminal.write(ConfigWording.lines(for: mistakes).map { "\($0.printable)\n" }.joined())
        }
        var text = "\(terminal.style.red("error:")) \(Wording.sentence(for: error))\n"
        if let hint = Wording.hint(for: error) { text += "  hint: \(hint.printable)\n" }
        terminal.write(text)
    }

    /// Something that is not right, but stops nothing.
    static func warn(_ sentence: String, to terminal: Terminal) {
        terminal.write("\(terminal.style.yellow("warning:")) \(sentence.printable)\n")
    }

    /// The end of a run.
    static func finish(_ report: Report, out: Terminal, complaints: Terminal) {
        complaints.write(report.failureLines(complaints.style).map { $0 + "\n" }.joined())
        if let failure = report.failure { complain(failure, to: complaints) }
        out.write(report.text(out.style) + "\n")
    }

    /// An inventory.
    static func finish(_ report: InventoryReport, out: Terminal, complaints: Terminal) {
        complaints.write(lines(for: report.failures, complaints.style))
        out.write(out.style.bold(report.headline) + "\n")
    }

    private static func lines(for failures: [RunTotals.Failure], _ style: Style) -> String {
        Report.lines(for: failures, style).map { $0 + "\n" }.joined()
    }

    /// A plan.
    static func finish(_ plan: PlanReport, out: Terminal, complaints: Terminal) {
        complaints.write(lines(for: plan.totals.failures, complaints.style))
        out.write(plan.text(out.style) + "\n")
    }
}
