// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import Replication

/// Lines for a log: one for each published tag, one every few seconds, the report.
struct PlainView: View {
    let interval: Duration = .seconds(5)
    private let out = Terminal.standardOutput
    private let progress = Terminal.standardError

    func begin(_ title: JobTitle) { progress.write(title.text(Style(isColoured: false)) + "\n") }

    func show(_ event: RunEvent, of source: RegistryHost?) {
        if let line = Lines.line(for: event, of: source, Style(isColoured: false)) { progress.write(line + "\n") }
    }

    func show(_ request: RequestRecord, _ side: Side) { progress.write(Lines.line(for: request, side) + "\n") }

    func warn(_ sentence: String) { progress.write("warning: \(sentence)\n") }

    func complain(_ error: any Error) { Lines.complain(error, to: progress) }

    func tick(_ totals: RunTotals) { progress.write(Lines.progress(totals) + "\n") }

    func finish(_ report: Report) { Lines.finish(report, out: out, complaints: progress) }

    func finish(_ plan: PlanReport) { Lines.finish(plan, out: out, complaints: progress) }

    func finish(_ report: InventoryReport) { Lines.finish(report, out: out, complaints: progress) }

    func show(_ event: VerifyEvent) {
        if let line = VerifyWording.line(for: event, out.style) { out.write(line + "\n") }
    }

    func tick(_ totals: VerifyTotals) { progress.write(VerifyWording.progress(totals) + "\n") }

    func finish(_ report: VerifyReport) { VerifyWording.finish(report, out: out, complaints: progress) }
}

/// Nothing but failures and, where something changed, one line; and warnings that the user is not safe.
struct QuietView: View {
    let interval: Duration = .seconds(3600)

    func begin(_ title: JobTitle) {}

    func show(_ event: RunEvent, of source: RegistryHost?) {}

    func show(_ request: RequestRecord, _ side: Side) {}

    func show(_ name: SkippedName, _ side: Side) {}

    func warn(_ sentence: String) { Lines.warn(sentence, to: .standardError) }

    func complain(_ error: any Error) { Lines.complain(error, to: .standardError) }

    func tick(_ totals: RunTotals) {}

    func finish(_ report: Report) {
        if let failure = report.failure { complain(failure) }
        let lines = report.failureLines(Terminal.standardError.style)
        Terminal.standardError.write(lines.map { $0 + "\n" }.joined())
        if let rest = report.rest { Terminal.standardError.write(rest + "\n") }
        if report.hasChanges || report.isInterrupted { Terminal.standardOutput.write(report.headline + "\n") }
    }

    func finish(_ report: InventoryReport) {
        let lines = Report.lines(for: report.failures, Terminal.standardError.style)
        Terminal.standardError.write(lines.map { $0 + "\n" }.joined())
    }

    func finish(_ plan: PlanReport) {
        let lines = Report.lines(for: plan.totals.failures, Terminal.standardError.style)
        Terminal.standardError.write(lines.map { $0 + "\n" }.joined())
        let totals = plan.totals
        guard totals.new + totals.moved > 0 else { return }
        Terminal.standardOutput.write("\(plan.headline)\n")
    }

    func show(_ event: VerifyEvent) {
        // What is extra is no failure.
        if case .found(let finding) = event, !finding.isDifference { return }
        let out = Terminal.standardOutput
        if let line = VerifyWording.line(for: event, out.style) { out.write(line + "\n") }
    }

    func tick(_ totals: VerifyTotals) {}

    func finish(_ report: VerifyReport) {
        if let failure = report.failure { complain(failure) }
        let totals = report.totals
        let lines = Report.lines(for: totals.failures, Terminal.standardError.style)
        Terminal.standardError.write(lines.map { $0 + "\n" }.joined())
        guard totals.differences > 0 || report.interruption != nil || !totals.failures.isEmpty else { return }
        Terminal.standardOutput.write(report.headline + "\n")
    }
}
