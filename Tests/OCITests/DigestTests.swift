// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI
import Testing

@Suite("Digest (C01, C02)")
struct DigestTests {
    static let hex256 = String(repeating: "0123456789abcdef", count: 4)
    static let hex512 = String(repeating: "0123456789abcdef", count: 8)

    @Test func `reads and prints a digest of each algorithm that can be computed`() throws {
        let short = try Digest("sha256:" + Self.hex256)
        #expect(short.algorithm == .sha256)
        #expect(short.hex == Self.hex256)
        #expect(short.description == "sha256:" + Self.hex256)
        let long = try Digest("sha512:" + Self.hex512)
        #expect(long.algorithm == .sha512)
        #expect(long.hex == Self.hex512)
        #expect(long.description == "sha512:" + Self.hex512)
    }

    static let malformed: [String] = [
        "", ":", "sha256", "sha256:", ":\(hex256)", hex256,
        "sha256:../../../etc/passwd",
        "sha256:\(hex256.dropLast())",
        "sha256:\(hex256)0",
        "sha256:\(hex512)",
        "sha512:\(hex256)",
        "sha256:\(hex256.uppercased())",
        "sha256:AB\(hex256.dropFirst(2))",
        "sha256:g\(hex256.dropFirst())",
        "sha256:\(hex256.dropLast())=",
        "sha256:\(hex256.dropLast())/",
        "SHA256:\(hex256)",
        "Sha256:\(hex256)",
        "sha256:\(hex256)\0",
        "sha256:\(hex256)\n",
        "sha256:\(hex256)\r\n",
        "sha256:\(hex256) ",
        " sha256:\(hex256)",
        "sha256::\(hex256.dropFirst())",
        "sha256 :\(hex256)",
        "sha-256:\u{301}\(hex256.dropFirst())",
        "sha256:\(hex256.dropLast())\u{FF11}",
        "sha256:\(hex256.dropLast())a\u{301}",
        "+sha256:\(hex256)",
        "sha256+:\(hex256)",
        "sha256++b64:\(hex256)",
        "sha256/../x:\(hex256)",
        "blake3:",
        "blake3:%2e%2e",
        String(repeating: "a", count: 5000),
        "sha256:\(String(repeating: "a", count: 5000))",
    ]

    @Test(arguments: malformed)
    func `C01: refuses what is not exactly a digest`(_ text: String) {
        #expect(throws: DigestError.malformed(text)) { try Digest(text) }
    }

    @Test(arguments: [
        ("blake3:\(hex256)", "blake3"),
        ("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", "multihash+base58"),
        ("sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564", "sha256+b64u"),
        ("sha384:\(hex256)", "sha384"),
        ("md5:d41d8cd98f00b204e9800998ecf8427e", "md5"),
        ("sha2:" + hex256, "sha2"),
        ("a.b_c-d+e:0", "a.b_c-d+e"),
    ])
    func `C02: names a well-formed algorithm that cannot be computed`(_ text: String, algorithm: String) {
        #expect(throws: DigestError.unsupportedAlgorithm(algorithm)) { try Digest(text) }
    }

    @Test func `writes the bytes of a hash as lower-case digits`() throws {
        let digest = Digest(algorithm: .sha256, hash: [0x00, 0x0F, 0xF0, 0xFF] + [UInt8](repeating: 0xA5, count: 28))
        #expect(digest.hex == "000ff0ff" + String(repeating: "a5", count: 28))
        #expect(try Digest(digest.description) == digest)
    }

    @Test func `shortens to twelve digits for people`() throws {
        #expect(try Digest("sha256:" + Self.hex256).short == "sha256:0123456789ab")
    }

    @Test func `reads and writes JSON strings`() throws {
        let text = "\"sha256:" + Self.hex256 + "\""
        let digest = try JSONDecoder().decode(Digest.self, from: Data(text.utf8))
        #expect(try digest == Digest("sha256:" + Self.hex256))
        #expect(try JSONEncoder().encode([digest]) == Data("[\(text)]".utf8))
        #expect(throws: DigestError.malformed("sha256:x")) {
            try JSONDecoder().decode(Digest.self, from: Data("\"sha256:x\"".utf8))
        }
    }

    @Test func `mutations never trap, and what is accepted is its own text`() {
        var mutator = Mutator(
            seed: 1,
            corpus: [
                "sha256:" + Self.hex256, "sha512:" + Self.hex512, "blake3:" + Self.hex256, "sha256:",
                "multihash+base58:Qm",
            ],
            pieces: [":", "..", "/", "\0", "\r\n", "A", "+", "é", "\u{301}", "\u{FF11}", Self.hex256, "sha512:"]
        )
        var accepted = 0
        for _ in 0..<20_000 {
            let text = mutator.text()
            guard let digest = try? Digest(text) else { continue }
            accepted += 1
            #expect(Array(digest.description.utf8) == Array(text.utf8))
            #expect(digest.hex.utf8.count == digest.algorithm.hexLength)
            #expect(digest.hex.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        }
        #expect(accepted > 100)
    }
}
