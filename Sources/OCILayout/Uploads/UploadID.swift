// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The name of an open upload: 128 random bits as 32 lower-case hexadecimal digits.
///
/// It is a secret of the one who began the upload, and can be put into a URL or a path as it is.
public struct UploadID: Hashable, Sendable {
    /// The digits.
    public let text: String

    /// Reads a name; `nil` for everything that is none.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count == 32,
            bytes.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.text = text
    }

    /// Makes a name that nobody can guess.
    public static func random() -> UploadID {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for _ in 0..<2 {
            var bits: UInt64 = generator.next()
            for _ in 0..<16 {
                text.append(digits[Int(bits & 15)])
                bits >>= 4
            }
        }
        return UploadID(known: String(decoding: text, as: UTF8.self))
    }

    private init(known text: String) { self.text = text }
}

extension UploadID: CustomStringConvertible {
    /// The digits.
    public var description: String { text }
}
