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
    private let title: JobTitle?
    private let view: any View
    private let state: Mutex<State>

    private struct State {
        var totals = RunTotals()
        /// Only where a plan is made: it grows with every image that differs.
        var plan: PlanRows?
        var verified = VerifyTotals()
    }

    /// Chooses the view that fits the options and the terminal.
    /// - Parameter title: The job that is shown, where there is one.
    init(_ options: OutputOptions, title: JobTitle? = nil) {
        self.options = options
        self.title = title
        state = Mutex(State())
        view =
            switch options.format {
            case .json: JSONView(job: title?.name)
            case .text where options.quiet: QuietView()
            case .text: Terminal.standardError.isTerminal ? TerminalView() : PlainView()
            }
    }

    /// Takes an event of the engine.
    func record(_ event: RunEvent) { record(event, of: nil) }

    /// Takes an event of the engine.
    /// - Parameter source: The registry that is read, where there are several.
    func record(_ event: RunEvent, of source: RegistryHost?) {
        state.withLock { state in
            state.totals.take(event, of: source)
            state.plan?.take(event)
        }
        view.show(event, of: source)
    }

    /// Takes an event of a verification.
    func record(_ event: VerifyEvent) {
        state.withLock { $0.verified.take(event) }
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

    /// Takes something that a registry does not do, and that is coped with.
    func record(_ notice: RegistryNotice) { view.warn(RegistryWording.sentence(for: notice)) }

    /// Takes that the run waits for pulls.
    func record(_ pause: PullPause) { view.warn(RegistryWording.sentence(for: pause)) }

    /// Shows a run from its beginning to its report, and says how the program is to end.
    func run(_ interruption: Interruption, _ body: () async throws -> Void) async -> (ExitCode, Report) {
        if let title { view.begin(title) }
        let start = ContinuousClock.now
        var failure: (any Error)?
        await whileTicking {
            do { try await body() } catch { failure = error }
        }
        let totals = state.withLock { $0.totals }
        let report = Report(
            totals: totals,
            duration: start.duration(to: .now),
            title: title?.name,
            interruption: interruption.cause,
            failure: interruption.exitCode == nil ? failure : nil
        )
        view.finish(report)
        return (interruption.exitCode ?? report.exitCode, report)
    }

    /// Shows a plan that is only to be read.
    func plan(
        _ interruption: Interruption,
        _ body: () async throws -> PlanSummary
    ) async -> (ExitCode, PlanReport?) {
        if let title { view.begin(title) }
        state.withLock { $0.plan = PlanRows() }
        var outcome: Result<PlanSummary, any Error>?
        await whileTicking {
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        }
        if let code = interruption.exitCode { return (code, nil) }
        let (totals, rows) = state.withLock { ($0.totals, $0.plan ?? PlanRows()) }
        switch outcome {
        case .success(let summary):
            let plan = PlanReport(title: title?.name, totals: totals, rows: rows, summary: summary)
            view.finish(plan)
            return (totals.failures.isEmpty ? .success : .failure, plan)
        case .failure(let error):
            view.complain(error)
            return (.code(for: error), nil)
        case nil: return (.failure, nil)
        }
    }

    /// Shows how an inventory is taken and written.
    func takeStock(
        _ interruption: Interruption,
        _ body: () async throws -> Inventory
    ) async -> ExitCode {
        var outcome: Result<Inventory, any Error>?
        await whileTicking {
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        }
        if let code = interruption.exitCode { return code }
        switch outcome {
        case .success(let inventory):
            let totals = state.withLock { $0.totals }
            view.finish(InventoryReport(inventory, failures: totals.failures))
            return totals.failures.isEmpty ? .success : .failure
        case .failure(let error):
            view.complain(error)
            return .code(for: error)
        case nil: return .failure
        }
    }

    /// Shows a verification from its beginning to its report, and says how the program is to end.
    func verify(
        _ terms: VerifyTerms,
        _ interruption: Interruption,
        _ body: () async throws -> Void
    ) async -> ExitCode {
        if let title { view.begin(title) }
        let start = ContinuousClock.now
        var failure: (any Error)?
        await whileTicking({ $0.tick($1.verified) }) {
            do { try await body() } catch { failure = error }
        }
        let (verified, totals) = state.withLock { ($0.verified, $0.totals) }
        let report = VerifyReport(
            terms: terms,
            totals: verified,
            requests: totals.requests,
            duration: start.duration(to: .now),
            title: title?.name,
            interruption: interruption.cause,
            failure: interruption.exitCode == nil ? failure : nil
        )
        view.finish(report)
        return interruption.exitCode ?? report.exitCode
    }

    /// Lets the view draw itself anew from time to time as long as something is under way.
    private func whileTicking(
        _ tick: @escaping @Sendable (any View, State) -> Void = { $0.tick($1.totals) },
        _ body: () async -> Void
    ) async {
        let interval = view.interval
        let ticker = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: interval)
                if !Task.isCancelled { tick(view, state.withLock { $0 }) }
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

    /// Shows that a job begins.
    func begin(_ title: JobTitle)

    /// Shows an event, if it is worth showing by itself.
    /// - Parameter source: The registry that is read, where there are several.
    func show(_ event: RunEvent, of source: RegistryHost?)

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

    /// Shows an event of a verification, if it is worth showing by itself.
    func show(_ event: VerifyEvent)

    /// Shows how far a verification is.
    func tick(_ totals: VerifyTotals)

    /// Shows the end of a verification.
    func finish(_ report: VerifyReport)

    /// Shows that an inventory is written.
    func finish(_ report: InventoryReport)
}

/// What a job is called, and what it copies.
struct JobTitle {
    let name: String
    let source: String
    let destination: String

    func text(_ style: Style) -> String { "\(style.bold(name))  \(source) → \(destination)" }
}

extension View {
    func show(_ name: SkippedName, _ side: Side) {
        warn("skipped at the \(side.rawValue): \(Wording.sentence(for: name.error))")
    }
}

extension ExitCode {
    /// A side could not be reached, or refused.
    static let unavailable = ExitCode(69)
    /// Another run of the job is under way.
    static let locked = ExitCode(75)
    /// Something would be done; only where that is asked for.
    static let changes = ExitCode(2)
    /// The configuration is wrong.
    static let configuration = ExitCode(78)

    /// What a failure that ended a run before its end means.
    static func code(for failure: any Error) -> ExitCode {
        switch failure {
        case is ConfigFileMissing, is TLSFileError: .configuration
        case is ExportIncomplete, is ExportAmbiguous, is ExportManyPlatforms, is ExportEmpty, is AssumedContentMissing:
            .failure
        default: .unavailable
        }
    }

    /// The one of two that says more: what concerns a whole job before what concerns some images.
    func worse(_ other: ExitCode) -> ExitCode {
        let order: [ExitCode] = [.success, .failure, .locked, .unavailable, .configuration]
        func rank(_ code: ExitCode) -> Int { order.firstIndex(of: code) ?? order.count }
        return rank(other) > rank(self) ? other : self
    }
}
