// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A moment in UTC as people write it; the small Foundation knows no formats of logs.
struct CivilTime: Hashable, Sendable {
    let year: Int64
    let month: Int
    let day: Int
    let secondOfDay: Int

    /// The moment, in the Gregorian calendar.
    init(secondsSince1970 seconds: Int64) {
        let dayNumber = Int64((Double(seconds) / 86_400).rounded(.down))
        secondOfDay = Int(seconds - dayNumber * 86_400)
        // Days in eras of 400 years that begin on 1 March, so that the leap day is the last of a year.
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// `2026-11-24T11:07:00Z`.
    var iso8601: String { "\(year)-\(two(month))-\(two(day))T\(clock)Z" }

    /// `24/Nov/2026:11:07:00 +0000`.
    var common: String {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(two(day))/\(months[month - 1])/\(year):\(clock) +0000"
    }

    private var clock: String { "\(two(secondOfDay / 3600)):\(two(secondOfDay / 60 % 60)):\(two(secondOfDay % 60))" }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
