// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// The checksum of gzip (RFC 1952, section 8), eight bytes at a time.
struct CRC32: Sendable {
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
            tables[index] = value
        }
        for index in 0..<256 {
            for table in 1..<8 {
                let previous = tables[(table - 1) * 256 + index]
                tables[table * 256 + index] = tables[Int(previous & 0xFF)] ^ (previous >> 8)
            }
        }
        return tables
    }()

    private var state: UInt32 = 0xFFFF_FFFF

    /// The checksum of what was taken in so far.
    var value: UInt32 { ~state }

    /// Takes in bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state = Self.tables.withUnsafeBufferPointer { Self.advanced(state, by: bytes, tables: $0) }
    }

    private static func advanced(
        _ start: UInt32,
        by bytes: UnsafeRawBufferPointer,
        tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        var state = start
        var position = 0
        while position &+ 8 <= bytes.count {
            let word =
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ UInt64(state)
            let low = tables[1792 &+ Int(word & 0xFF)] ^ tables[1536 &+ Int(word >> 8 & 0xFF)]
            let lowMiddle = tables[1280 &+ Int(word >> 16 & 0xFF)] ^ tables[1024 &+ Int(word >> 24 & 0xFF)]
            let highMiddle = tables[768 &+ Int(word >> 32 & 0xFF)] ^ tables[512 &+ Int(word >> 40 & 0xFF)]
            let high = tables[256 &+ Int(word >> 48 & 0xFF)] ^ tables[Int(word >> 56)]
            state = low ^ lowMiddle ^ highMiddle ^ high
            position &+= 8
        }
        while position < bytes.count {
            state = tables[Int((state ^ UInt32(bytes[position])) & 0xFF)] ^ (state >> 8)
            position &+= 1
        }
        return state
    }
}
