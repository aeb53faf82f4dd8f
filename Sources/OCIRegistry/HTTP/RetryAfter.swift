// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Reads the `Retry-After` header (RFC 9110, 10.2.3): seconds, or a date.
enum RetryAfter {
    /// How long to wait; `nil` for a text that is neither form, or a date that is past.
    /// - Parameter now: The time, in seconds since 1970.
    static func parse(_ text: String, now: Int64) -> Duration? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // Longer than any wait that is kept; also what a number becomes that does not fit.
            let seconds = Int64(text).map { min($0, 86_400) } ?? 86_400
            return .seconds(seconds)
        }
        guard let date = httpDate(text), date > now else { return nil }
        return .seconds(min(date - now, 86_400))
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that senders may use, as seconds since 1970.
    static func httpDate(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT" else { return nil }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = parts[4].split(separator: ":")
        guard time.count == 3, let day = Int64(parts[1]), let month = months.firstIndex(of: String(parts[2])),
            let year = Int64(parts[3]), let hour = Int64(time[0]), let minute = Int64(time[1]),
            let second = Int64(time[2]),
            (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(hour), (0...59).contains(minute),
            (0...60).contains(second)
        else { return nil }
        return daysSince1970(year: year, month: Int64(month) + 1, day: day) * 86_400 + hour * 3600 + minute * 60
            + second
    }

    /// Counts days in the Gregorian calendar, with years that begin in March so that leap days come last.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
