// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// The part of the screen that is drawn anew: a line for each large blob on its way, and a total.
enum MovingPart {
    /// Smaller blobs pass too fast to be read.
    static let largeBlob: Int64 = 4 << 20

    /// The lines, none wider than the screen, and never more than half of it.
    static func lines(_ totals: RunTotals, rate: Int64, columns: Int, rows: Int, style: Style) -> [String] {
        let width = max(40, min(columns, 120) - 1)
        return blobs(totals.flights, width: width, rows: rows, style: style)
            + [total(totals, rate: rate, width: width, style: style)]
    }

    /// The same of a verification, whose blobs are read.
    static func lines(_ totals: VerifyTotals, rate: Int64, columns: Int, rows: Int, style: Style) -> [String] {
        let width = max(40, min(columns, 120) - 1)
        var text = "\(totals.sound) sound  \(totals.imagesDiffering) differ  \(Measures.bytes(totals.bytesMoved))"
        if rate > 0 { text += "  \(Measures.bytes(rate))/s" }
        if !totals.failures.isEmpty { text += "  \(totals.failures.count) failed" }
        return blobs(totals.flights, width: width, rows: rows, style: style) + [style.bold(pad(text, width))]
    }

    private static func blobs(_ flights: [RunTotals.Flight], width: Int, rows: Int, style: Style) -> [String] {
        let large = flights.filter { $0.flight.blob.size >= largeBlob }
        let room = max(1, rows / 2 - 2)
        let shown = large.count > room ? Array(large.prefix(room - 1)) : large
        var lines = shown.map { line($0, width: width, style: style) }
        let hidden = flights.count - shown.count
        if hidden > 0 {
            let label = shown.isEmpty ? Measures.count(hidden, "blob") : "\(hidden) more"
            lines.append(style.dim("  … \(label) on the way"))
        }
        return lines
    }

    private static func line(_ flight: RunTotals.Flight, width: Int, style: Style) -> String {
        let blob = flight.flight.blob
        let share = blob.size > 0 ? Double(flight.position) / Double(blob.size) : 1
        let right = pad("\(Measures.bytes(flight.position))/\(Measures.bytes(blob.size))", 17, left: true)
        let bar = bar(share, width: 16)
        let name = "\(flight.flight.route.destination) \(String(blob.digest.hex.prefix(8)))"
        return "  " + pad(name, width - 17 - 16 - 5) + " " + style.green(bar) + " " + right
    }

    private static func total(_ totals: RunTotals, rate: Int64, width: Int, style: Style) -> String {
        let done = totals.published + totals.equal + totals.failures.count
        let bytes = totals.bytesCopied.addingClamped(totals.bytesInFlight)
        let all = max(totals.bytesToCopy, bytes)
        var text = "\(done)/\(max(totals.found, done)) images  \(Measures.bytes(bytes))/\(Measures.bytes(all))"
        if rate > 0 {
            text += "  \(Measures.bytes(rate))/s"
            let left = Duration.seconds(Double(all - bytes) / Double(rate))
            if all > bytes { text += "  \(Measures.duration(max(left, .seconds(1)))) left" }
        }
        if !totals.failures.isEmpty { text += "  \(totals.failures.count) failed" }
        text += Measures.pulls(totals.requests)
        return style.bold(pad(text, width))
    }

    private static func bar(_ share: Double, width: Int) -> String {
        let filled = Int((max(0, min(1, share)) * Double(width)).rounded(.down))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }

    /// Cuts a text in its middle, or fills it with spaces, so that it is `width` wide.
    ///
    /// Names of repositories are ASCII.
    private static func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        if text.count > width {
            let tail = max(0, width - width / 3 - 1)
            return text.prefix(width / 3) + "…" + text.suffix(tail)
        }
        let space = String(repeating: " ", count: width - text.count)
        return left ? space + text : text + space
    }
}
