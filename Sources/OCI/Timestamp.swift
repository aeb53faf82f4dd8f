// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Moments as builders and registries write them.
public enum Timestamp {
    /// The seconds of an RFC 3339 date; fractions, of which builders write up to nine digits, do not count.
    public static func seconds(_ text: String) -> Int64? {
        guard text.utf8.count <= 64 else { return nil }
        var whole = text
        if let point = text.firstIndex(of: ".") {
            let rest = text[text.index(after: point)...].drop { $0.isASCII && $0.isNumber }
            whole = text[..<point] + String(rest)
        }
        // Before 1970 and far ahead is what tools write that do not know.
        guard let date = try? Date(whole, strategy: .iso8601),
            (1...253_402_300_799).contains(date.timeIntervalSince1970)
        else { return nil }
        return Int64(date.timeIntervalSince1970)
    }
}
