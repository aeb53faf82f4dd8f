// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A number of bytes as config files write it: `500MB` is 500,000,000 bytes, `64MiB` is 64 × 1,048,576.
struct ByteCount: Hashable, Comparable, Sendable {
    static let form = "a size such as 500MB, 64MiB or 10GiB"
    /// The same for a schema.
    static let pattern = "^[0-9]{1,9}(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$"

    private static let units: [String: Int64] = [
        "B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
        "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    ]

    /// As it is written.
    let text: String
    /// The bytes.
    let value: Int64

    /// Reads a size; `nil` if the text is none, or no disk has so many bytes.
    init?(parsing text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...9).contains(digits.utf8.count), let number = Int64(digits),
            let unit = Self.units[String(text[digits.endIndex...])]
        else { return nil }
        let (value, overflows) = number.multipliedReportingOverflow(by: unit)
        guard !overflows else { return nil }
        self.text = String(text)
        self.value = value
    }

    private init(text: String, value: Int64) {
        self.text = text
        self.value = value
    }

    static func mebibytes(_ number: Int64) -> Self { Self(text: "\(number)MiB", value: number << 20) }
    static func gibibytes(_ number: Int64) -> Self { Self(text: "\(number)GiB", value: number << 30) }
    static func tebibytes(_ number: Int64) -> Self { Self(text: "\(number)TiB", value: number << 40) }

    static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

extension ByteCount {
    /// Reads a size of the command line.
    /// - Throws: `ValidationError`.
    static func argument(_ text: String) throws -> ByteCount {
        guard let count = ByteCount(parsing: text), count.value > 0 else {
            throw ValidationError("\"\(text)\" is not \(form).")
        }
        return count
    }
}

extension ConfigKey where Value == ByteCount {
    /// A number of bytes.
    static func byteCount(_ name: String, _ about: String, in range: ClosedRange<ByteCount>) -> Self {
        Self(name, about, .text(pattern: ByteCount.pattern)) { node, reader in reader.byteCount(node, in: range) }
    }
}

extension ConfigReader {
    /// A number of bytes: a whole number and a unit.
    func byteCount(_ node: ConfigNode, in range: ClosedRange<ByteCount>) -> ByteCount? {
        guard let text = text(node, ByteCount.form) else { return nil }
        guard let count = ByteCount(parsing: text) else {
            reportExpected(ByteCount.form, node)
            return nil
        }
        guard range.contains(count) else {
            report(.outOfRange(text, from: range.lowerBound.text, to: range.upperBound.text), at: node)
            return nil
        }
        return count
    }
}
