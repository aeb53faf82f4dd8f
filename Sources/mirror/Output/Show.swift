// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
import OCIContent
import OCIRegistry
import Replication
import Synchronization

/// Shows a run: takes its events, lets a view print them, and prints the report or the plan at the end.
///
/// Progress and complaints go to standard error, results to standard output.
final class Show: Sendable {
    private let options: OutputOptions
    private let view: any View
    private let state: Mutex<State>

    private struct State {
        var totals = RunTotals()
        var plan = PlanRows()
    }

    /// Chooses the view that fits the options and the terminal.
    init(_ options: OutputOptions) {
        self.options = options
        state = Mutex(State())
        view =
            switch options.format {
            case .json: JSONView()
            case .text where options.quiet: QuietView()
            case .text: Terminal.standardError.isTerminal ? TerminalView() : PlainView()
            }
    }

    /// Takes an event of the engine.
    func record(_ event: RunEvent) {
        state.withLock { state in
            state.totals.take(event)
            state.plan.take(event)
        }
        view.show(event)
    }

    /// Takes a request.
    func record(_ request: RequestRecord, _ side: Side) {
        state.withLock { $0.totals.take(request, side) }
        if options.verbose { view.show(request, side) }
    }

    /// Takes something that is not right, but stops nothing.
    func warn(_ sentence: String) { view.warn(sentence) }

    /// Takes a name that a listing had and that cannot be used.
    func record(_ name: SkippedName, _ side: Side) {
        state.withLock { $0.totals.takeSkippedName() }
        view.show(name, side)
    }

    /// Shows a run from its beginning to its report, and says how the program is to end.
    func run(_ interruption: Interruption, _ body: () async throws -> Void) async -> ExitCode {
        let start = ContinuousClock.now
        var failure: (any Error)?
        await whileTicking {
            do { try await body() } catch { failure = error }
        }
        let totals = state.withLock { $0.totals }
        let report = Report(
            totals: totals,
            duration: start.duration(to: .now),
            isInterrupted: interruption.exitCode != nil,
            failure: interruption.exitCode == nil ? failure : nil
        )
        view.finish(report)
        return interruption.exitCode ?? report.exitCode
    }

    /// Shows a plan that is only to be read.
    func plan(_ interruption: Interruption, _ body: () async throws -> PlanSummary) async -> ExitCode {
        var outcome: Result<PlanSummary, any Error>?
        await whileTicking {
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        }
        if let code = interruption.exitCode { return code }
        let (totals, rows) = state.withLock { ($0.totals, $0.plan) }
        switch outcome {
        case .success(let summary):
            let plan = PlanReport(totals: totals, rows: rows, summary: summary)
            view.finish(plan)
            return totals.failures.isEmpty ? .success : .failure
        case .failure(let error):
            view.complain(error)
            return .unavailable
        case nil: return .failure
        }
    }

    /// Lets the view draw itself anew from time to time as long as something is under way.
    private func whileTicking(_ body: () async -> Void) async {
        let interval = view.interval
        let ticker = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: interval)
                if !Task.isCancelled { view.tick(state.withLock { $0.totals }) }
            }
        }
        await body()
        ticker.cancel()
        await ticker.value
    }
}

/// One way to show a run.
protocol View: Sendable {
    /// How often ``tick(_:)`` is to be called.
    var interval: Duration { get }

    /// Shows an event, if it is worth showing by itself.
    func show(_ event: RunEvent)

    /// Shows a request.
    func show(_ request: RequestRecord, _ side: Side)

    /// Shows a name of a listing that is left out.
    func show(_ name: SkippedName, _ side: Side)

    /// Shows something about the configuration that is not right, but stops nothing.
    func warn(_ sentence: String)

    /// Shows why nothing could be done at all.
    func complain(_ error: any Error)

    /// Shows how far the run is.
    func tick(_ totals: RunTotals)

    /// Shows the end of a run.
    func finish(_ report: Report)

    /// Shows a plan.
    func finish(_ plan: PlanReport)
}

extension View {
    func show(_ name: SkippedName, _ side: Side) {
        warn("skipped at the \(side.rawValue): \(Wording.sentence(for: name.error))")
    }
}

extension ExitCode {
    /// A side could not be reached, or refused.
    static let unavailable = ExitCode(69)
    /// The configuration is wrong.
    static let configuration = ExitCode(78)
}
