// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Writes JSON documents in ways that are right and that nobody expects, always the same for a seed.
///
/// Whoever reads JSON finds the same in them as before, and members that nobody knows.
public struct OddJSON {
    private var random: SeededRandom
    private var made = 0

    /// Begins the oddities of a seed.
    public init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// The same document: its members in any order, with spaces in odd places, escapes that nobody needs, numbers that fit
    /// nowhere, and members that nobody knows, some of them nested deep.
    /// - Throws: `StrictJSONError` for what is not a document.
    public mutating func rewritten(_ bytes: [UInt8]) throws -> String {
        let root = try JSONNode(parsing: bytes)
        return space() + written(root) + space()
    }

    private mutating func written(_ node: JSONNode) -> String {
        switch node {
        case .object(let members):
            var texts: [String] = []
            for member in members { texts.append(self.member(member.key, written(member.value))) }
            for _ in 0..<random.next(in: 0...2) {
                made += 1
                texts.append(self.member("x-\(made)/\u{1F6A2}", stranger()))
            }
            shuffle(&texts)
            return "{" + texts.joined(separator: ",") + space() + "}"
        case .array(let items):
            var texts: [String] = []
            for item in items { texts.append(space() + written(item) + space()) }
            return "[" + texts.joined(separator: ",") + "]"
        case .scalar(let text): return node.text.map { quoted($0) } ?? text
        }
    }

    private mutating func member(_ name: String, _ value: String) -> String {
        space() + quoted(name) + space() + ":" + space() + value + space()
    }

    /// A value that means nothing to anybody.
    private mutating func stranger() -> String {
        switch random.next(in: 0...7) {
        case 0: return "1e999"
        case 1: return "-0.0E+00"
        case 2: return "184467440737095516160000000000000000001.5"
        case 3: return ["null", "true", "false"][random.next(in: 0...2)]
        case 4: return #""\ud83d\ude00 \u0000 \"\\ \/""#
        case 5: return "{\(space())}"
        default:
            let depth = random.next(in: 1...48)
            return String(repeating: #"[{"":"#, count: depth / 2) + "[]" + String(repeating: "}]", count: depth / 2)
        }
    }

    /// A text, any of whose characters may be an escape.
    private mutating func quoted(_ text: String) -> String {
        let oneIn = [2, 8, 1000][random.next(in: 0...2)]
        var written = ""
        for scalar in text.unicodeScalars {
            if random.next(in: 1...oneIn) == 1 {
                for unit in String(scalar).utf16 { written += escape(unit) }
            } else {
                written += StrictJSON.quoted(String(scalar)).dropFirst().dropLast()
            }
        }
        return "\"\(written)\""
    }

    private mutating func escape(_ unit: UInt16) -> String {
        if unit == UInt16(UInt8(ascii: "/")), random.next(in: 0...1) == 0 { return "\\/" }
        let digits = String(unit, radix: 16, uppercase: random.next(in: 0...1) == 0)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    private mutating func space() -> String { ["", "", " ", "\n", "\t", "\r\n  "][random.next(in: 0...5)] }

    /// Not the standard library's way, which may change between its versions.
    private mutating func shuffle(_ texts: inout [String]) {
        for place in texts.indices { texts.swapAt(place, random.next(in: place...texts.count - 1)) }
    }
}
