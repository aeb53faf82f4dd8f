// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

@testable import mirror
import Testing

@Suite struct PrintableTests {
    @Test(arguments: [
        ("\u{1B}[31mred", #"\u{1b}[31mred"#), ("a\r\nb", #"a\u{d}\u{a}b"#),
        ("\u{0}\u{7}\u{8}\u{7F}", #"\u{0}\u{7}\u{8}\u{7f}"#),
        ("tab\there", #"tab\u{9}here"#), ("\u{9B}2J", #"\u{9b}2J"#), ("user\u{202E}gpj.exe", #"user\u{202e}gpj.exe"#),
        ("\u{2066}a\u{2069}", #"\u{2066}a\u{2069}"#), ("a\u{200B}b\u{200D}c\u{FEFF}", #"a\u{200b}b\u{200d}c\u{feff}"#),
        ("line\u{2028}para\u{2029}", #"line\u{2028}para\u{2029}"#), ("soft\u{AD}", #"soft\u{ad}"#),
        ("\u{E000}", #"\u{e000}"#), ("\u{E0041}", #"\u{e0041}"#),
    ])
    func `what could turn or overwrite the terminal becomes an escape (P03)`(_ text: String, _ shown: String) {
        #expect(text.printable == shown)
        #expect(shown.printable == shown)
    }

    @Test(arguments: ["", "plain", "registry.lan:5000/team/app:1.4", "größer → 名前 🐳", #"\u{1b} as text"#, "é"])
    func `everything else stays as it is`(_ text: String) { #expect(text.printable == text) }

    @Test func `no text leaves a control byte behind (P03)`() {
        for value in UInt32(0)..<0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = "a\(Character(scalar))b".printable
            #expect(!shown.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
        }
    }
}
