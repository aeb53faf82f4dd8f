// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A pattern over a sequence: some of its parts stand for one item each, the others for any run of items.
///
/// Bytes of a name and components of a path are matched by the same code. When a part does not fit, only the last run is
/// made longer: what an earlier run could take instead, the last one can take too. So there are never more steps than
/// the product of the two lengths, whatever the pattern.
struct Glob<Single: Hashable & Sendable>: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        /// Exactly one item, of which the pattern says more.
        case single(Single)
        /// Any number of items.
        case run
    }

    let parts: [Part]

    /// Whether the pattern covers all of the items.
    func matches<Item>(_ items: [Item], fits: (Single, Item) -> Bool) -> Bool {
        var part = 0
        var item = 0
        /// The part behind the last run, and where in the items it was tried last.
        var retry: (part: Int, item: Int)?
        while item < items.count {
            switch part < parts.count ? parts[part] : nil {
            case .run:
                part += 1
                retry = (part, item)
                continue
            case .single(let single) where fits(single, items[item]):
                part += 1
                item += 1
                continue
            default:
                guard let last = retry else { return false }
                part = last.part
                item = last.item + 1
                retry = (part, item)
            }
        }
        return parts[part...].allSatisfy { $0 == .run }
    }
}

/// A text with `*` for any bytes and `?` for one.
struct Wildcard: Hashable, Sendable {
    /// A single part is a byte, or `nil` for any byte.
    private let glob: Glob<UInt8?>

    init(_ text: some Sequence<UInt8>) {
        glob = Glob(
            parts: text.map { byte in
                switch byte {
                case UInt8(ascii: "*"): .run
                case UInt8(ascii: "?"): .single(nil)
                default: .single(byte)
                }
            }
        )
    }

    func matches(_ text: [UInt8]) -> Bool { glob.matches(text) { single, byte in single == nil || single == byte } }
}
