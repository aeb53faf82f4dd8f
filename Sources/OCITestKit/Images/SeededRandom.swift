// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The generator SplitMix64: the same numbers for the same seed on every run and machine.
///
/// Each number depends on the seed and its place alone, so that reading can begin anywhere.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var state: UInt64

    /// Begins the numbers of a seed.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= Self.gamma
        return Self.mix(state)
    }

    /// A number of a range, equally likely but for a deviation too small to see.
    ///
    /// Not the standard library's way, which may change between its versions.
    public mutating func next(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// Fills memory with the bytes that stand at an offset of the byte sequence of a seed.
    static func fill(_ bytes: UnsafeMutableRawBufferPointer, seed: UInt64, from offset: Int64) {
        guard let base = bytes.baseAddress else { return }
        var position = 0
        var word = UInt64(offset >> 3)
        let lead = Int(offset & 7)
        if lead > 0 {
            position = min(8 - lead, bytes.count)
            copy(mix(seed &+ (word &+ 1) &* gamma) >> (UInt64(lead) * 8), count: position, to: base)
            word += 1
        }
        while position &+ 8 <= bytes.count {
            base.storeBytes(
                of: mix(seed &+ (word &+ 1) &* gamma).littleEndian,
                toByteOffset: position,
                as: UInt64.self
            )
            position &+= 8
            word &+= 1
        }
        if position < bytes.count {
            copy(mix(seed &+ (word &+ 1) &* gamma), count: bytes.count - position, to: base + position)
        }
    }

    private static func copy(_ word: UInt64, count: Int, to target: UnsafeMutableRawPointer) {
        withUnsafeBytes(of: word.littleEndian) { bytes in
            if let source = bytes.baseAddress { target.copyMemory(from: source, byteCount: count) }
        }
    }

    @inline(__always)
    private static func mix(_ state: UInt64) -> UInt64 {
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
