// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Reads the `Content-Range` of a partial answer (RFC 9110, 14.4), and asks for one.
enum ContentRange {
    /// The bytes that an answer has, of `bytes 5-9/10` or `bytes 5-9/*`; `nil` for any other text.
    static func parse(_ text: String) -> Range<Int64>? {
        guard text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]), first <= last, last < .max
        else { return nil }
        if parts[1] != "*" {
            guard let total = number(parts[1]), last < total else { return nil }
        }
        return first..<(last + 1)
    }

    /// The `Range` field that asks for a part of `size` bytes (RFC 9110, 14.2); `nil` for all of them.
    ///
    /// One range a request: answers with several are known to be framed wrongly (CloudFront).
    static func field(of part: Range<Int64>, size: Int64) -> String? {
        if part.lowerBound <= 0, part.upperBound >= size { return nil }
        return part.upperBound >= size ? "bytes=\(part.lowerBound)-" : "bytes=\(part.lowerBound)-\(part.upperBound - 1)"
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }
}
