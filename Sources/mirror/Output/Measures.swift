// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIContent
import Foundation

/// Numbers as people read them.
enum Measures {
    /// `999 B`, `1.2 MB`, `2.15 GB`: powers of 1000, three digits.
    static func bytes(_ count: Int64) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count)
        var unit = -1
        while value >= 999.5, unit < 5 {
            value /= 1000
            unit += 1
        }
        let digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return String(format: "%.\(digits)f ", value) + ["kB", "MB", "GB", "TB", "PB", "EB"][unit]
    }

    /// `12.3 ms`, `4.1 s`, `3 min 20 s`, `2 h 5 min`.
    static func duration(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        if seconds < 0.9995 { return String(format: "%.1f ms", seconds * 1000) }
        if seconds < 59.95 { return String(format: "%.1f s", seconds) }
        // Sizes are claims of strangers, and so is the time that they would take.
        let whole = Int(min(seconds, 1e15).rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    /// `2026-11-24`, of seconds since 1970.
    static func date(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601.year().month().day())
    }

    /// `1 tag`, `2 tags`.
    static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(number) \(number == 1 ? noun : plural ?? "\(noun)s")"
    }

    /// How many signatures, attestations and other referrers hang on an image.
    static func hanging(_ number: Int) -> String {
        count(number, "signature or referrer", "signatures and referrers")
    }

    /// `57 of 100 pulls left (per 6 h, for this address)`.
    static func pulls(_ limit: PullLimit) -> String {
        var notes: [String] = []
        if let window = limit.window {
            let seconds = Int(window / .seconds(1))
            notes.append("per \(seconds.isMultiple(of: 3600) ? "\(seconds / 3600) h" : duration(window))")
        }
        switch limit.holder {
        case .address: notes.append("for this address")
        case .account: notes.append("for the account")
        case nil: break
        }
        return "\(limit.remaining) of \(limit.limit) pulls left"
            + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
    }

    /// The pulls that are left at the registries that say it, behind other words of a line.
    static func pulls(_ requests: RequestTally) -> String {
        requests.pullLimits.sorted { $0.key < $1.key }
            .map { ", \($0.value.remaining) of \($0.value.limit) pulls left at \($0.key)" }
            .joined()
    }
}
