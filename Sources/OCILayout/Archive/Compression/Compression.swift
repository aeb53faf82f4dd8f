// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How a file is compressed, as its first bytes say.
enum Compression: String, Hashable, Sendable {
    case gzip
    case zstandard

    /// How many bytes tell.
    static let markLength = 4

    /// What the first bytes of content say; `nil` for what is not compressed, or otherwise.
    init?(mark bytes: [UInt8]) {
        if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
            // Tools that compress side by side begin with a frame that readers skip (RFC 8878, section 3.1.2).
            || bytes.count >= 4 && bytes[0] & 0xF0 == 0x50 && bytes[1...3] == [0x2A, 0x4D, 0x18]
        {
            self = .zstandard
        } else {
            return nil
        }
    }
}
