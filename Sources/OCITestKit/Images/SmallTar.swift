// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A tar of a few texts, for content that other tools open.
enum SmallTar {
    /// The tar (POSIX.1-1988, ustar).
    static func bytes(of files: [(name: String, text: String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for file in files {
            bytes += TarContent.header(of: file.name, size: Int64(file.text.utf8.count)) + Array(file.text.utf8)
            bytes += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        }
        return bytes + [UInt8](repeating: 0, count: 1024)
    }

    /// The bytes in a gzip of one block that stores them as they are (RFC 1951, section 3.2.4).
    /// - Precondition: They are not more than such a block holds, 65,535.
    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var checksum = CRC32()
        bytes.withUnsafeBytes { checksum.update($0) }
        return TarGzip.head + TarGzip.blockHead(count: bytes.count, isLast: true) + bytes
            + TarGzip.tail(checksum.value, size: Int64(bytes.count))
    }

    /// The bytes in a frame of Zstandard of one block that stores them as they are (RFC 8878, section 3.1.1).
    /// - Precondition: They are not more than such a block holds, 128 KiB.
    static func zstandard(_ bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count <= 128 << 10)
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        // One segment, without a checksum; its length follows in four bytes.
        let head: [UInt8] = [0b1010_0000]
        let length = withUnsafeBytes(of: UInt32(bytes.count).littleEndian, Array.init)
        // The lowest bit says that it is the last one; the two above it, that it is stored.
        let block = withUnsafeBytes(of: (UInt32(bytes.count) << 3 | 1).littleEndian) { Array($0.prefix(3)) }
        return magic + head + length + block + bytes
    }
}
