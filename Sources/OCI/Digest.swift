// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The name of content by its hash: `sha256:` and 64 lower-case hexadecimal digits, or `sha512:` and 128.
///
/// A value of this type can be put into a URL or a path as it is. Other algorithms that the grammar allows are refused
/// by name, never treated as verified (image-spec, descriptor.md, "Digests").
public struct Digest: Hashable, Sendable {
    /// The hash functions that this package can compute.
    public enum Algorithm: String, Hashable, Sendable, CaseIterable {
        /// SHA-256, 64 hexadecimal digits.
        case sha256
        /// SHA-512, 128 hexadecimal digits.
        case sha512

        /// The length of an encoded hash of this algorithm, in characters.
        public var hexLength: Int {
            switch self {
            case .sha256: 64
            case .sha512: 128
            }
        }
    }

    // There can be hundreds of thousands of them in memory, nearly all of them SHA-256: these need no storage of their own.
    private enum Hash: Hashable {
        case sha256(UInt64, UInt64, UInt64, UInt64)
        case sha512([UInt8])
    }

    private let hash: Hash

    /// The hash function that this digest was made with.
    public var algorithm: Algorithm {
        switch hash {
        case .sha256: .sha256
        case .sha512: .sha512
        }
    }

    /// The hash in lower-case hexadecimal digits, without the algorithm.
    public var hex: String {
        let digits = StaticString("0123456789abcdef")
        return String(unsafeUninitializedCapacity: algorithm.hexLength) { text in
            var length = 0
            func append(_ byte: UInt8) {
                text[length] = digits.utf8Start[Int(byte >> 4)]
                text[length + 1] = digits.utf8Start[Int(byte & 15)]
                length += 2
            }
            switch hash {
            case .sha256(let first, let second, let third, let fourth):
                for word in [first, second, third, fourth] {
                    withUnsafeBytes(of: word.bigEndian) { $0.forEach(append) }
                }
            case .sha512(let bytes): bytes.forEach(append)
            }
            return length
        }
    }

    /// The hash as the function returned it.
    public var hashBytes: [UInt8] {
        switch hash {
        case .sha256(let first, let second, let third, let fourth):
            [first, second, third, fourth].flatMap { word in withUnsafeBytes(of: word.bigEndian, Array.init) }
        case .sha512(let bytes): bytes
        }
    }

    /// Reads `algorithm:hex`.
    /// - Throws: ``DigestError/malformed(_:)`` for what the grammar does not allow,
    ///   ``DigestError/unsupportedAlgorithm(_:)`` for a well-formed digest of another algorithm.
    public init(_ text: String) throws(DigestError) {
        let bytes = Array(text.utf8.prefix(1024))
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed(text) }
        let name = bytes[..<colon]
        let encoded = bytes[(colon + 1)...]
        guard Self.isAlgorithmName(name), !encoded.isEmpty, encoded.allSatisfy(Self.isEncodedByte) else {
            throw .malformed(text)
        }
        guard let algorithm = Algorithm(rawValue: String(decoding: name, as: UTF8.self)) else {
            throw .unsupportedAlgorithm(String(decoding: name, as: UTF8.self))
        }
        guard encoded.count == algorithm.hexLength, encoded.allSatisfy(Self.isLowerHex) else { throw .malformed(text) }
        let nibbles = encoded.map { $0 < UInt8(ascii: "a") ? $0 - UInt8(ascii: "0") : $0 - UInt8(ascii: "a") + 10 }
        self.init(
            algorithm: algorithm,
            hash: stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
        )
    }

    /// Makes a digest of the bytes that a hash function returned.
    /// - Precondition: `hash` has the length of the algorithm's output.
    public init(algorithm: Algorithm, hash: some Collection<UInt8>) {
        precondition(hash.count * 2 == algorithm.hexLength, "a \(algorithm) has \(algorithm.hexLength / 2) bytes")
        switch algorithm {
        case .sha256:
            var words = [UInt64](repeating: 0, count: 4)
            for (position, byte) in hash.enumerated() { words[position / 8] = words[position / 8] << 8 | UInt64(byte) }
            self.hash = .sha256(words[0], words[1], words[2], words[3])
        case .sha512: self.hash = .sha512(Array(hash))
        }
    }

    /// The first twelve digits with their algorithm, for people; not a name for content.
    public var short: String { "\(algorithm.rawValue):\(hex.prefix(12))" }

    private static func isAlgorithmName(_ bytes: ArraySlice<UInt8>) -> Bool {
        let components = bytes.split(omittingEmptySubsequences: false) { "+._-".utf8.contains($0) }
        return components.allSatisfy { component in !component.isEmpty && component.allSatisfy(isLowerAlphanumeric) }
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isEncodedByte(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || "=_-".utf8.contains(byte)
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension Digest: CustomStringConvertible {
    /// `algorithm:hex`, as it stands in a manifest or a URL.
    public var description: String { "\(algorithm.rawValue):\(hex)" }
}

/// Why a text is not a digest that this package can use.
public enum DigestError: Error, Hashable, Sendable {
    /// The text does not match the digest grammar, or has the wrong length for its algorithm.
    case malformed(String)
    /// The digest is well formed, but nothing here can compute that algorithm, so nothing can be verified with it.
    case unsupportedAlgorithm(String)
}
