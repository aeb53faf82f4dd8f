// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A tag that stands for another image: its signature, its attestation, or the list of what refers to it.
///
/// cosign writes `sha256-<hex>.sig`, `.att` and `.sbom`; `sha256-<hex>` alone is the referrers tag (distribution-spec,
/// "Referrers Tag Schema"), which has 64 digits of a SHA-512 too, since all 128 do not fit into a tag.
public struct CompanionTag: Hashable, Sendable {
    /// What a companion is.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The list of referrers.
        case referrers = ""
        /// A signature.
        case signature = ".sig"
        /// An attestation.
        case attestation = ".att"
        /// A bill of materials.
        case billOfMaterials = ".sbom"
    }

    /// The hash function of the digest that the tag is named after.
    public let algorithm: Digest.Algorithm
    /// The first 64 hexadecimal digits of that digest.
    public let hex: String
    /// What the companion is.
    public let kind: Kind

    /// The tag of a companion of some content.
    public init(_ kind: Kind, of digest: Digest) {
        algorithm = digest.algorithm
        hex = String(digest.hex.prefix(64))
        self.kind = kind
    }

    /// The digest of what it is a companion of; `nil` where the tag holds only a part of it.
    public var digest: Digest? { try? Digest("\(algorithm.rawValue):\(hex)") }

    /// The tag.
    public var tag: TagName { TagName(of: self) }

    /// Reads a tag; `nil` for any other one.
    public init?(_ tag: TagName) {
        for algorithm in Digest.Algorithm.allCases {
            let prefix = "\(algorithm.rawValue)-"
            guard tag.text.hasPrefix(prefix) else { continue }
            let rest = tag.text.dropFirst(prefix.count)
            let hex = rest.prefix(64)
            let isHex = hex.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
            guard hex.count == 64, isHex, let kind = Kind(rawValue: String(rest.dropFirst(64))) else { return nil }
            self.algorithm = algorithm
            self.hex = String(hex)
            self.kind = kind
            return
        }
        return nil
    }
}
