// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// A tar of files with random bytes, whose every part can be made without the parts before it.
struct TarContent: Hashable, Sendable {
    private struct File: Hashable {
        let name: String
        let seed: UInt64
        let size: Int64
        /// Where the header of the file stands in the tar.
        let start: Int64
        var end: Int64 { start + 512 + (size + 511) / 512 * 512 }
    }

    /// The length of the whole, in bytes.
    let size: Int64
    private let files: [File]

    /// Lays out a tar.
    /// - Parameter size: A multiple of 512, at least 2048.
    init(seed: UInt64, size: Int64) {
        precondition(size >= 2048 && size % 512 == 0)
        self.size = size
        var random = SeededRandom(seed: seed)
        let count = max(1, min(8, (size - 1024) / 16384))
        // Two empty blocks end a tar; what is left is shared out in blocks.
        let blocks = (size - 1024) / 512 - count
        var files: [File] = []
        var start: Int64 = 0
        for place in 0..<count {
            let share = blocks * (place + 1) / count - blocks * place / count
            // The last block of a file is not full.
            let fileSize = max(0, share * 512 - Int64(random.next() % 512))
            let file = File(name: "srv/data-\(place)", seed: random.next(), size: fileSize, start: start)
            files.append(file)
            start += 512 + share * 512
        }
        self.files = files
    }

    /// Fills memory with the bytes that stand at an offset.
    func fill(_ bytes: UnsafeMutableRawBufferPointer, from offset: Int64) {
        var position = offset
        let end = offset + Int64(bytes.count)
        func part(upTo limit: Int64) -> UnsafeMutableRawBufferPointer {
            let first = Int(position - offset)
            let last = Int(min(limit, end) - offset)
            position = min(limit, end)
            return UnsafeMutableRawBufferPointer(rebasing: bytes[first..<last])
        }
        for file in files where position < end && position < file.end {
            if position < file.start + 512 {
                let skipped = Int(position - file.start)
                let target = part(upTo: file.start + 512)
                target.copyBytes(from: Self.header(of: file.name, size: file.size)[skipped..<skipped + target.count])
            }
            let dataEnd = file.start + 512 + file.size
            if position < min(dataEnd, end) {
                let skipped = position - file.start - 512
                SeededRandom.fill(part(upTo: dataEnd), seed: file.seed, from: skipped)
            }
            if position < min(file.end, end) { Self.clear(part(upTo: file.end)) }
        }
        if position < end { Self.clear(part(upTo: end)) }
    }

    private static func clear(_ bytes: UnsafeMutableRawBufferPointer) {
        for index in bytes.indices { bytes[index] = 0 }
    }

    /// The header of a regular file (POSIX.1-1988, ustar).
    static func header(of name: String, size: Int64) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: Array(text.utf8))
        }
        func octal(_ value: Int64, width: Int) -> String {
            let digits = String(value, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        put(name, at: 0)
        put(octal(0o644, width: 7), at: 100)
        put(octal(0, width: 7), at: 108)
        put(octal(0, width: 7), at: 116)
        put(octal(size, width: 11), at: 124)
        put(octal(1_700_000_000, width: 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\0" + "00", at: 257)
        let checksum = header.reduce(Int64(0)) { $0 + Int64($1) }
        put(octal(checksum, width: 6) + "\0 ", at: 148)
        return header
    }
}
