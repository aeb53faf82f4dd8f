// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Texts that are near to good ones: what parsers of untrusted text are tried with.
struct Mutator {
    private var generator: SeededGenerator
    private let corpus: [[UInt8]]
    private let pieces: [[UInt8]]

    /// - Parameters:
    ///   - corpus: What the mutations begin with.
    ///   - pieces: What is put in; parts of the corpus are taken as well.
    init(seed: UInt64, corpus: [String], pieces: [String]) {
        generator = SeededGenerator(seed: seed)
        self.corpus = corpus.map { Array($0.utf8) }
        self.pieces = pieces.map { Array($0.utf8) }
    }

    /// The next text, as bytes that need not be UTF-8.
    mutating func bytes() -> [UInt8] {
        var bytes = pick(corpus)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let at = Int.random(in: 0...bytes.count, using: &generator)
            let end = Int.random(in: at...min(bytes.count, at + 8), using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes.removeSubrange(at..<end)
            case 1: bytes.insert(contentsOf: pick(pieces), at: at)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: at)
            case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 4 where at < bytes.count: bytes[at] = UInt8.random(in: 0x20...0x7E, using: &generator)
            default:
                let other = pick(corpus)
                bytes.replaceSubrange(at..., with: other[(other.count / 2)...])
            }
        }
        return bytes
    }

    /// The next text; what is not UTF-8 becomes the replacement character.
    mutating func text() -> String { String(decoding: bytes(), as: UTF8.self) }

    private mutating func pick(_ list: [[UInt8]]) -> [UInt8] { list.randomElement(using: &generator) ?? [] }
}
