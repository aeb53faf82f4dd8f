// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import Replication
import Synchronization

/// For a person at a terminal: lines that scroll by, and below them the blobs on their way and a total, drawn anew in
/// place.
final class TerminalView: View {
    let interval: Duration = .milliseconds(125)
    private let terminal = Terminal.standardError
    private let state = Mutex(State())

    private struct State {
        /// How many lines of the moving part stand on the screen.
        var drawn = 0
        var rate = Rate()
    }

    func begin(_ title: JobTitle) { scroll(title.text(terminal.style)) }

    func show(_ event: RunEvent, of source: RegistryHost?) {
        if let line = Lines.line(for: event, of: source, terminal.style) { scroll(line) }
    }

    func show(_ request: RequestRecord, _ side: Side) { scroll(terminal.style.dim(Lines.line(for: request, side))) }

    func warn(_ sentence: String) { scroll("\(terminal.style.yellow("warning:")) \(sentence)") }

    func complain(_ error: any Error) {
        clear()
        Lines.complain(error, to: terminal)
    }

    func tick(_ totals: RunTotals) {
        tick(moved: totals.bytesCopied.addingClamped(totals.bytesInFlight)) { rate, size in
            MovingPart.lines(totals, rate: rate, columns: size.columns, rows: size.rows, style: terminal.style)
        }
    }

    func finish(_ report: Report) {
        clear()
        Lines.finish(report, out: .standardOutput, complaints: terminal)
    }

    func finish(_ plan: PlanReport) {
        clear()
        Lines.finish(plan, out: .standardOutput, complaints: terminal)
    }

    func finish(_ report: InventoryReport) {
        clear()
        Lines.finish(report, out: .standardOutput, complaints: terminal)
    }

    func show(_ event: VerifyEvent) {
        let out = Terminal.standardOutput
        guard let line = VerifyWording.line(for: event, out.style) else { return }
        state.withLock { state in
            terminal.write(Self.erase(state.drawn))
            state.drawn = 0
            out.write(line + "\n")
        }
    }

    func tick(_ totals: VerifyTotals) {
        tick(moved: totals.bytesMoved) { rate, size in
            MovingPart.lines(totals, rate: rate, columns: size.columns, rows: size.rows, style: terminal.style)
        }
    }

    func finish(_ report: VerifyReport) {
        clear()
        VerifyWording.finish(report, out: .standardOutput, complaints: terminal)
    }

    /// Draws the moving part anew.
    private func tick(moved bytes: Int64, _ lines: (_ rate: Int64, _ size: (columns: Int, rows: Int)) -> [String]) {
        let rate = state.withLock { state in
            state.rate.note(bytes)
            return state.rate.bytesPerSecond
        }
        let moving = lines(rate, terminal.size)
        draw { _ in moving }
    }

    private func clear() { draw { _ in [] } }

    /// Writes a line above the moving part, which is drawn again with the next tick.
    private func scroll(_ line: String) {
        state.withLock { state in
            terminal.write(Self.erase(state.drawn) + line + "\n")
            state.drawn = 0
        }
    }

    private func draw(_ lines: (Int) -> [String]) {
        state.withLock { state in
            let new = lines(state.drawn)
            terminal.write(Self.erase(state.drawn) + new.map { $0 + "\n" }.joined())
            state.drawn = new.count
        }
    }

    /// Moves to the beginning of the moving part and erases all below.
    private static func erase(_ lines: Int) -> String { lines == 0 ? "" : "\u{1B}[\(lines)F\u{1B}[0J" }
}

/// How fast bytes move, over the last seconds.
struct Rate {
    private static let window: Duration = .seconds(5)
    private var samples: [(instant: ContinuousClock.Instant, bytes: Int64)] = []

    /// Takes note of how many bytes have moved in all.
    mutating func note(_ bytes: Int64, at now: ContinuousClock.Instant = .now) {
        samples.append((now, bytes))
        while samples.count > 2, samples[0].instant.duration(to: now) > Self.window { samples.removeFirst() }
    }

    /// Bytes a second; 0 as long as nothing is known.
    var bytesPerSecond: Int64 {
        guard let first = samples.first, let last = samples.last else { return 0 }
        let seconds = first.instant.duration(to: last.instant) / .seconds(1)
        return seconds > 0 ? max(0, Int64(Double(last.bytes - first.bytes) / seconds)) : 0
    }
}
