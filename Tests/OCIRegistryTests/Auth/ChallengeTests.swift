// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

@testable import OCIRegistry

@Suite struct ChallengeTests {
    /// Headers and what is read in them: each challenge as `scheme name=value …`, the names in order.
    struct Row: Sendable, CustomTestStringConvertible {
        let headers: [String]
        let expected: [String]

        init(_ headers: String..., is expected: [String]) {
            self.headers = headers
            self.expected = expected
        }

        var testDescription: String { String(headers.joined(separator: " | ").prefix(80)) }
    }

    private func texts(_ challenges: [Challenge]) -> [String] {
        challenges.map { challenge in
            ([challenge.scheme] + challenge.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
        }
    }

    @Test(arguments: [
        Row(
            #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
            is: ["bearer realm=https://auth.docker.io/token scope=repository:a/b:pull,push service=registry.docker.io"]
        ),
        Row(#"Basic realm="GitHub Package Registry""#, is: ["basic realm=GitHub Package Registry"]),
        Row(
            #"Negotiate, Bearer realm="https://r/t", service="s", Basic realm="a, b""#,
            is: ["negotiate", "bearer realm=https://r/t service=s", "basic realm=a, b"]
        ),
        Row("Negotiate", #"Bearer realm="https://r/t""#, is: ["negotiate", "bearer realm=https://r/t"]),
        Row(
            #"Negotiate YIIabc==, Bearer realm="https://r/t""#,
            is: ["negotiate yiiabc==", "bearer realm=https://r/t"]
        ),
        Row(
            #"Basic realm="x", Bearer realm="https://r/t""#,
            #"Digest realm="y", nonce="z""#,
            is: ["basic realm=x", "bearer realm=https://r/t", "digest nonce=z realm=y"]
        ),
        Row(#"Bearer realm="a\"b\\c\d,e""#, is: [#"bearer realm=a"b\cd,e"#]),
        Row(
            "Bearer realm=https://r/t?a=b,service=s error=insufficient_scope",
            is: ["bearer error=insufficient_scope realm=https://r/t?a=b service=s"]
        ),
        Row("BEARER Realm = \"r\" , SERVICE\t=\t\"s\"", is: ["bearer realm=r service=s"]),
        Row(#"Bearer realm="r" service="s""#, is: ["bearer realm=r service=s"]),
        Row(#"  ,, Bearer ,, realm="r",,"#, is: ["bearer realm=r"]),
        Row(#"Bearer realm="""#, is: ["bearer realm="]),
        Row(#"Bearer realm="ü""#, is: ["bearer realm=ü"]),
        Row("Bearer", is: ["bearer"]),
        Row(#"Bearer service="s""#, is: ["bearer service=s"]),
        Row(is: []),
        Row("", is: []),
        Row(" , \t", is: []),
        Row("=", is: []),
        Row(#""Bearer" realm="x""#, is: []),
    ])
    func `challenges are read in one header and in several`(_ row: Row) {
        #expect(texts(Challenge.parse(row.headers)) == row.expected)
    }

    @Test func `S11 of two equal names the first counts`() {
        let found = Challenge.parse([#"Bearer realm="https://good/t", realm="https://evil/t", REALM=x"#])
        #expect(texts(found) == ["bearer realm=https://good/t"])
    }

    @Test(arguments: ["\u{0}", "\r", "\n", "\r\nX: y", "\u{1B}", "\u{7F}", "\t"])
    func `S11 a challenge with control bytes in it is left out`(_ bad: String) {
        for value in ["\"https://r/\(bad)t\"", "https://r/\(bad)t"] where !(bad == "\t" && !value.hasPrefix("\"")) {
            let found = Challenge.parse([#"Basic realm="b", Bearer realm=\#(value), service="s""#])
            #expect(texts(found) == ["basic realm=b"])
        }
    }

    @Test(arguments: [
        #"Basic realm="b", Bearer realm="https://r/t"#, #"Basic realm="b", Bearer realm=""#,
        #"Basic realm="b", Bearer realm="x\"#, #"Basic realm="b", Bearer realm="x\""#,
    ])
    func `S11 a text that is not closed ends its header, and what came before it counts`(_ header: String) {
        #expect(texts(Challenge.parse([header, "Digest"])) == ["basic realm=b", "digest"])
    }

    @Test func `S11 headers of more than 16 KiB in all are not read`() {
        let good = #"Bearer realm="https://r/t""#
        let filler = String(repeating: "a", count: Challenge.maximumLength - good.utf8.count)
        #expect(Challenge.parse([good, filler]).count == 2)
        #expect(Challenge.parse([good, filler + "a"]).isEmpty)
        #expect(Challenge.parse([#"Bearer realm=""# + String(repeating: "a", count: 1 << 20) + "\""]).isEmpty)
        #expect(Challenge.parse(Array(repeating: good, count: 10_000)).isEmpty)
    }

    @Test(arguments: [
        "a ", "a=", "a=b,", "a=\"", "\"", "a=\"\\", "\\", ",", " ", "a,", "a=\"\"", "=", "Bearer realm=x,", "ü",
        "a\t=\t",
    ])
    func `S11 the time grows with the length only, whatever the text`(_ piece: String) {
        let text = String(repeating: piece, count: Challenge.maximumLength / piece.utf8.count)
        let start = ContinuousClock.now
        let found = Challenge.parse([text])
        // Some milliseconds as it is; were it quadratic, it would be seconds.
        #expect(start.duration(to: .now) < .milliseconds(500))
        #expect(found.count <= Challenge.maximumLength)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `S11 texts near to good ones are read without a trap, and always alike`(_ seed: UInt64) {
        let corpus = [
            #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#,
            #"Negotiate, Bearer realm="https://r/t", service="s", Basic realm="a, b""#,
            #"Basic realm="GitHub \"Package\" Registry""#, "Bearer realm=https://r/t?a=b,service=s error=x",
        ]
        .map { Array($0.utf8) }
        var random = SeededRandom(seed: seed)
        for _ in 0..<5000 {
            var bytes = corpus[random.next(in: 0...corpus.count - 1)]
            for _ in 0...random.next(in: 0...4) {
                let at = random.next(in: 0...bytes.count)
                let end = random.next(in: at...min(bytes.count, at + 8))
                switch random.next(in: 0...3) {
                case 0: bytes.removeSubrange(at..<end)
                case 1: bytes.insert(UInt8(random.next(in: 0...255)), at: at)
                case 2: bytes.insert(contentsOf: bytes[at..<end], at: at)
                default:
                    let special = Array("\"\\,= \t\0\r\n".utf8)
                    bytes.insert(special[random.next(in: 0...special.count - 1)], at: at)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let found = Challenge.parse([text])
            #expect(found == Challenge.parse([text]))
            let values = found.flatMap { [$0.scheme] + $0.parameters.flatMap { [$0.key, $0.value] } }
            #expect(values.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } })
            #expect(values.reduce(0) { $0 + $1.utf8.count } <= text.utf8.count)
        }
    }
}
