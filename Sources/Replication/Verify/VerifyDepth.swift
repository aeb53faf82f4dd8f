// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// How closely a verification looks at what the destination has.
public enum VerifyDepth: Hashable, Sendable {
    /// At the digests of tags.
    case tags
    /// At everything that an image reaches: whether it is there, with its size.
    case closure
    /// At every byte of the blobs of a sample; at the others as in ``closure``.
    case content(BlobSample)
}

/// A share of all blobs, drawn by their digests: the same for the same seed, whatever else there is.
public struct BlobSample: Hashable, Sendable {
    /// All blobs.
    public static let all = BlobSample(share: 1, seed: 0)

    /// From 0 to 1.
    public let share: Double
    /// Which of the many samples of this share it is.
    public let seed: UInt64

    /// Makes a sample.
    public init(share: Double, seed: UInt64) {
        self.share = share
        self.seed = seed
    }

    /// Whether a blob is drawn.
    public func includes(_ digest: Digest) -> Bool {
        if share >= 1 { return true }
        // FNV-1a over the seed and the digest, then mixed, so that all bits count.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed &* 0x9E37_79B9_7F4A_7C15
        for byte in digest.hex.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        hash ^= hash >> 31
        return Double(hash >> 11) / 9_007_199_254_740_992 < share
    }
}
