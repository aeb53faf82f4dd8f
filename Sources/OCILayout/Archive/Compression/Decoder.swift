// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Gives back what was compressed, a piece at a time.
protocol Decoder: AnyObject {
    /// Takes in bytes and gives back others.
    /// - Throws: ``DecoderMistake``.
    func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws -> DecoderStep
}

/// How far a decoder came.
struct DecoderStep {
    /// How many bytes it took in.
    var taken: Int
    /// How many it gave back.
    var given: Int
    /// Whether what is compressed ends there; another member or frame may follow.
    var isEnd: Bool
}

/// Why bytes are not what they should be compressed as.
struct DecoderMistake: Error, Hashable {
    let reason: String
}
