// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The part of a blob that a `Range` asks for (RFC 9110, 14.2).
enum ByteRange: Hashable, Sendable {
    /// Everything: there is no range, or one that may be ignored.
    case whole
    /// These bytes.
    case part(Range<Int64>)
    /// Nothing that the blob has.
    case unsatisfiable

    /// Reads the header for a blob of a length.
    ///
    /// Another unit, more than one range, and what is no range are ignored, as the specification allows; a range whose end
    /// is before its start is answered by 416, which the conformance suite asks for.
    init(_ text: String?, size: Int64) {
        self = .whole
        guard let text, text.utf8.count <= 100, text.lowercased().hasPrefix("bytes=") else { return }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (let first?, let last?):
            self = first <= last && first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
        case (let first?, nil) where ends[1].isEmpty:
            self = first < size ? .part(first..<size) : .unsatisfiable
        case (nil, let length?) where ends[0].isEmpty:
            self = length > 0 && size > 0 ? .part(max(0, size - length)..<size) : .unsatisfiable
        default: return
        }
    }

    /// A number of digits only; one that is too large counts as the largest.
    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text) ?? .max
    }
}

/// The `Content-Range` of a chunk: `first-last`, both inclusive, without unit and length (distribution-spec, "Pushing a
/// blob in chunks").
struct ChunkRange: Hashable, Sendable {
    /// Where the chunk begins.
    let first: Int64
    /// How many bytes it has.
    let length: Int64

    /// Reads the header; `nil` for anything else than `^[0-9]+-[0-9]+$` in order.
    init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last,
            last < .max
        else { return nil }
        self.first = first
        length = last - first + 1
    }

    private static func number(_ text: Substring) -> Int64? {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }
}
