// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The CRC-32 of gzip (RFC 1952, section 8), for lines of a record.
enum Checksum {
    private static let table: [UInt32] = (0..<256)
        .map { index in
            (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
        }

    static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF) { state, byte in table[Int((state ^ UInt32(byte)) & 0xFF)] ^ (state >> 8) }
    }
}
