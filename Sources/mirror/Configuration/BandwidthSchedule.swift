// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How many bytes a second may be written in all, by the time of day.
struct BandwidthSchedule: Hashable, Sendable {
    /// A part of the day, in minutes from its beginning; it may go over midnight.
    struct Interval: Hashable, Sendable {
        static let form = "two times of the day such as 08:00-18:00"
        /// The same for a schema.
        static let pattern = "^\(time)-\(time)$"
        private static let time = "([01][0-9]|2[0-3]):[0-5][0-9]"

        let start: Int
        let end: Int

        /// Reads `08:00-18:00`; `nil` if the text is no interval, or an empty one.
        init?(_ text: String) {
            let times = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minute)
            guard times.count == 2, let start = times[0], let end = times[1], start != end else { return nil }
            self.start = start
            self.end = end
        }

        /// Whether a minute of the day is in it; the last one is not.
        func contains(_ minute: Int) -> Bool {
            start < end ? (start..<end).contains(minute) : minute >= start || minute < end
        }

        private static func minute(_ text: Substring) -> Int? {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(isDigit) }),
                let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
            else { return nil }
            return hour * 60 + minute
        }

        private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    }

    /// A limit, and when it holds.
    struct Entry: Hashable, Sendable {
        /// `nil` for at any time.
        let interval: Interval?
        let limit: ByteRate
    }

    var entries: [Entry] = []

    /// The limit at a minute of the day: that of the first entry that fits; `nil` if none does.
    func limit(at minute: Int) -> ByteRate? {
        entries.first { $0.interval?.contains(minute) ?? true }?.limit
    }
}

/// The keys of an entry of `bandwidth`.
enum BandwidthKeys {
    static let between = ConfigKey<BandwidthSchedule.Interval>(
        "between",
        "When the limit holds, by the clock of this machine, 08:00-18:00 for example; without it, always.",
        .text(pattern: BandwidthSchedule.Interval.pattern)
    ) { node, reader in
        guard let text = reader.text(node, BandwidthSchedule.Interval.form) else { return nil }
        guard let interval = BandwidthSchedule.Interval(text) else {
            reader.report(.expected(BandwidthSchedule.Interval.form, found: "a text"), at: node)
            return nil
        }
        return interval
    }
    static let limit = ConfigKey<ByteRate>.rate("limit", "How many bytes a second may be written.")
    static let shape = ConfigShape([between.field, limit.field], required: [limit.name])

    /// The schema of all that may stand at `bandwidth`.
    static let schema = ConfigSchema.either([.text(pattern: ByteRate.pattern), .list(.mapping(shape))])

    /// Reads a rate that always holds, or a list by the time of day.
    static func schedule(_ node: ConfigNode, _ reader: ConfigReader) -> BandwidthSchedule? {
        guard case .list = node.value else {
            return reader.rate(node)
                .map { BandwidthSchedule(entries: [BandwidthSchedule.Entry(interval: nil, limit: $0)]) }
        }
        let entries = reader.list(node)?
            .compactMap { item -> BandwidthSchedule.Entry? in
                guard let entry = reader.mapping(item, shape), let limit = entry.value(limit) else { return nil }
                let interval = entry.value(between)
                return BandwidthSchedule.Entry(interval: interval, limit: limit)
            }
        return entries.map { BandwidthSchedule(entries: $0) }
    }
}
