// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A number of bytes a second as config files write it: a ``ByteCount`` and `/s`.
struct ByteRate: Hashable, Comparable, Sendable {
    static let form = "a rate such as 500KiB/s or 20MiB/s"
    /// The same for a schema.
    static let pattern = String(ByteCount.pattern.dropLast()) + "/s$"
    private static let suffix = "/s"

    let text: String
    let bytesPerSecond: Int64

    /// Reads a rate; `nil` if the text is none.
    init?(_ text: String) {
        guard text.hasSuffix(Self.suffix), let count = ByteCount(parsing: text.dropLast(Self.suffix.count)) else {
            return nil
        }
        self.text = text
        bytesPerSecond = count.value
    }

    static func < (left: Self, right: Self) -> Bool { left.bytesPerSecond < right.bytesPerSecond }
}

extension ConfigReader {
    /// A rate that makes sense as a limit.
    func rate(_ node: ConfigNode) -> ByteRate? {
        guard let text = text(node, ByteRate.form) else { return nil }
        guard let rate = ByteRate(text) else {
            reportExpected(ByteRate.form, node)
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
