// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Times as AWS writes them.
enum AWSTime {
    /// `20150830T123600Z`, in a signature and in `x-amz-date`.
    static func basic(_ seconds: Int64) -> String {
        let style = Date.ISO8601FormatStyle(
            dateSeparator: .omitted,
            dateTimeSeparator: .standard,
            timeSeparator: .omitted,
            includingFractionalSeconds: false,
            timeZone: .gmt
        )
        return Date(timeIntervalSince1970: Double(seconds)).formatted(style)
    }

    /// Reads `2026-11-28T12:00:00Z`, with or without a fraction of a second, as seconds since 1970.
    static func seconds(_ text: String) -> Int64? {
        let styles = [
            Date.ISO8601FormatStyle(timeZone: .gmt),
            Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .gmt),
        ]
        return styles.lazy.compactMap { try? $0.parse(text) }.first.map { Int64($0.timeIntervalSince1970) }
    }
}
