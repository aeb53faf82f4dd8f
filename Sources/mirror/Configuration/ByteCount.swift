// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A number of bytes as config files write it: a whole number and `B`, `KB`, `MB`… (powers of 1000) or `KiB`, `MiB`…
/// (powers of 1024).
struct ByteCount: Hashable, Comparable, Sendable {
    static let form = "a size such as 500MiB or 20GB"
    /// The same for a schema.
    static let pattern = "^\(digits)\(units)$"

    fileprivate static let digits = "[0-9]{1,9}"
    fileprivate static let units = "(B|[KMGT]i?B|kB)"

    let text: String
    let bytes: Int64

    /// Reads a size; `nil` if the text is none.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        // With the largest unit, less than the largest number.
        guard digits.utf8.count <= 9, let number = Int64(digits) else { return nil }
        let factor: Int64
        switch text[digits.endIndex...] {
        case "B": factor = 1
        case "kB", "KB": factor = 1000
        case "MB": factor = 1_000_000
        case "GB": factor = 1_000_000_000
        case "TB": factor = 1_000_000_000_000
        case "KiB": factor = 1 << 10
        case "MiB": factor = 1 << 20
        case "GiB": factor = 1 << 30
        case "TiB": factor = 1 << 40
        default: return nil
        }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
        guard !overflows else { return nil }
        self.text = text
        self.bytes = bytes
    }

    static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

/// A number of bytes a second as config files write it: a ``ByteCount`` and `/s`.
struct ByteRate: Hashable, Comparable, Sendable {
    static let form = "a rate such as 500KiB/s or 20MiB/s"
    /// The same for a schema.
    static let pattern = "^\(ByteCount.digits)\(ByteCount.units)/s$"
    private static let suffix = "/s"

    let text: String
    let bytesPerSecond: Int64

    /// Reads a rate; `nil` if the text is none.
    init?(_ text: String) {
        guard text.hasSuffix(Self.suffix), let count = ByteCount(String(text.dropLast(Self.suffix.count))) else {
            return nil
        }
        self.text = text
        bytesPerSecond = count.bytes
    }

    static func < (left: Self, right: Self) -> Bool { left.bytesPerSecond < right.bytesPerSecond }
}

extension ConfigReader {
    /// A rate that makes sense as a limit.
    func rate(_ node: ConfigNode) -> ByteRate? {
        guard let text = text(node, ByteRate.form) else { return nil }
        guard let rate = ByteRate(text) else {
            report(.expected(ByteRate.form, found: "a text"), at: node)
            return nil
        }
        // A peer that brings less is taken for one that hangs.
        guard rate.bytesPerSecond >= 1 << 10, rate.bytesPerSecond <= 1 << 40 else {
            report(.outOfRange(text, from: "1KiB/s", to: "1TiB/s"), at: node)
            return nil
        }
        return rate
    }
}

extension ConfigKey where Value == ByteRate {
    /// A number of bytes a second.
    static func rate(_ name: String, _ about: String) -> Self {
        Self(name, about, .text(pattern: ByteRate.pattern)) { node, reader in reader.rate(node) }
    }
}
