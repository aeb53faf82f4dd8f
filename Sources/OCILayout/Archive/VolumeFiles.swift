// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// Files that stand for one file, each but the last of the same length; calls block.
struct VolumeFiles: PositionedInput {
    let files: [OpenFile]
    /// The length of each but the last, in bytes.
    let volumeSize: Int64

    /// Calls back for each file that has a part of some bytes.
    /// - Parameter body: Told the file, the place in it and the part; says whether to go on.
    private func forEachPart(
        from offset: Int64,
        count: Int,
        _ body: (OpenFile, Int64, Range<Int>) throws -> Bool
    ) rethrows {
        var done = 0
        while done < count {
            let (number, place) = (offset + Int64(done)).quotientAndRemainder(dividingBy: volumeSize)
            guard number < files.count else { return }
            let length = Int(min(Int64(count - done), volumeSize - place))
            guard try body(files[Int(number)], place, done..<(done + length)) else { return }
            done += length
        }
    }

    /// Reads until `buffer` is full or the last file ends.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        var filled = 0
        try forEachPart(from: offset, count: buffer.count) { file, place, part in
            let read = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[part]), at: place)
            filled += read
            return read == part.count
        }
        return filled
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        try forEachPart(from: offset, count: bytes.count) { file, place, part in
            try file.write(UnsafeRawBufferPointer(rebasing: bytes[part]), at: place)
            return true
        }
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws { try bytes.withUnsafeBytes { try write($0, at: offset) } }

    /// Gives each file its length, of which the sum is `count`; what is in them stays.
    func truncate(to count: Int64) throws {
        for (number, file) in files.enumerated() {
            try file.truncate(to: length(of: number, count))
        }
    }

    /// Whether each file has the length that ``truncate(to:)`` gives it.
    func hasLength(_ count: Int64) throws -> Bool {
        for (number, file) in files.enumerated() where try file.status().size != length(of: number, count) {
            return false
        }
        return true
    }

    private func length(of number: Int, _ count: Int64) -> Int64 {
        min(max(0, count - Int64(number) * volumeSize), volumeSize)
    }

    /// Makes the bytes durable.
    func sync() throws { for file in files { try file.sync() } }
}
