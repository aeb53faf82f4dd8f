// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

@testable import Replication
import Testing

@Suite struct GlobTests {
    @Test(arguments: [
        ("", [""], ["a"]),
        ("*", ["", "a", "abc"], []),
        ("**", ["", "a", "abc"], []),
        ("?", ["a"], ["", "ab"]),
        ("a*", ["a", "ab", "abb"], ["", "b", "ba"]),
        ("*a", ["a", "ba", "aa", "aba"], ["", "b", "ab"]),
        ("a*b*c", ["abc", "aXbYc", "abbcc", "abcbc"], ["ab", "acb", "abcd"]),
        ("*ab*ab", ["abab", "ababab", "aababab"], ["ab", "aba"]),
        ("1.?.*", ["1.2.", "1.2.3", "1.2.3-x"], ["1.22.3", "1.2"]),
    ])
    func `a wildcard covers whole texts`(_ pattern: String, _ matching: [String], _ others: [String]) {
        let wildcard = Wildcard(pattern.utf8)
        for text in matching {
            #expect(wildcard.matches(Array(text.utf8)), "\(text)")
        }
        for text in others {
            #expect(!wildcard.matches(Array(text.utf8)), "\(text)")
        }
    }

    @Test func `no pattern needs more comparisons than the product of the lengths`() {
        let patterns = [
            String(repeating: "a*", count: 60) + "b", String(repeating: "*a", count: 60) + "*b",
            "*" + String(repeating: "a", count: 60) + "b", String(repeating: "*a?", count: 40) + "b",
        ]
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 255)
        for pattern in patterns {
            var comparisons = 0
            let glob = Glob<UInt8?>(
                parts: pattern.utf8.map { byte in
                    byte == UInt8(ascii: "*") ? .run : .single(byte == UInt8(ascii: "?") ? nil : byte)
                }
            )
            let isMatch = glob.matches(text) { single, byte in
                comparisons += 1
                return single == nil || single == byte
            }
            #expect(!isMatch)
            #expect(comparisons <= pattern.utf8.count * text.count, "\(pattern)")
        }
    }

    @Test func `agrees with the definition on all short texts`() {
        let alphabet = Array("ab".utf8)
        var texts: [[UInt8]] = [[]]
        for length in 0..<5 {
            texts += texts.filter { $0.count == length }.flatMap { text in alphabet.map { text + [$0] } }
        }
        var patterns: [[UInt8]] = [[]]
        for length in 0..<4 {
            patterns += patterns.filter { $0.count == length }.flatMap { text in "ab*?".utf8.map { text + [$0] } }
        }
        for pattern in patterns {
            let wildcard = Wildcard(pattern)
            for text in texts where wildcard.matches(text) != Self.covers(pattern[...], text[...]) {
                Issue.record("\(String(decoding: pattern, as: UTF8.self)) on \(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    /// What a wildcard means, without a thought of how long it takes.
    private static func covers(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == UInt8(ascii: "*") {
            return (text.startIndex...text.endIndex).contains { covers(pattern.dropFirst(), text[$0...]) }
        }
        guard let byte = text.first, first == UInt8(ascii: "?") || first == byte else { return false }
        return covers(pattern.dropFirst(), text.dropFirst())
    }
}
