// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCI
public import OCIContent

/// A layer that is made when it is read: a real tar in a real gzip, always the same for a seed and a size.
///
/// The gzip stores without compressing (RFC 1951, section 3.2.4), so that each byte has its place beforehand and reading
/// can begin anywhere.
public struct TarGzip: Hashable, Sendable {
    /// The smallest size that a layer can be asked to have.
    public static let smallestSize: Int64 = 2071

    static let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    private static let tailSize: Int64 = 8
    private static let blockSize: Int64 = 32 << 10
    private static let storedBlockSize = blockSize + 5

    private let tar: TarContent
    /// The length of the layer in bytes: the largest possible one that is not over what was asked for.
    public let size: Int64

    /// Describes a layer.
    /// - Parameters:
    ///   - seed: What the content depends on.
    ///   - size: About how long the gzip is to be, in bytes, at least ``smallestSize``.
    public init(seed: UInt64, size: Int64) {
        precondition(size >= Self.smallestSize)
        let framing = Int64(Self.head.count) + Self.tailSize
        let room = size - framing
        let whole = room / Self.storedBlockSize
        let rest = max(0, room % Self.storedBlockSize - 5)
        let tarSize = (whole * Self.blockSize + rest) / 512 * 512
        tar = TarContent(seed: seed, size: tarSize)
        self.size = framing + tarSize + (tarSize + Self.blockSize - 1) / Self.blockSize * 5
    }

    /// What a layer is called, for those who have made it once.
    public struct Figures: Hashable, Sendable {
        /// The digest of the gzip.
        public let digest: Digest
        /// The digest of the tar, as an image's configuration lists it.
        public let diffID: Digest
        /// The checksum of the tar, which ends the gzip.
        let checksum: UInt32
    }

    /// Makes the layer once, to know its names.
    ///
    /// It takes about 2 ns of processor time a byte where the optimiser was at work, and no memory.
    public func figures() async -> Figures {
        var digest = Digester(.sha256)
        var diffID = Digester(.sha256)
        var checksum = CRC32()
        Self.head.withUnsafeBytes { digest.update($0) }
        var block = [UInt8](repeating: 0, count: Int(Self.storedBlockSize))
        for (place, start) in stride(from: Int64(0), to: tar.size, by: Int(Self.blockSize)).enumerated() {
            block.withUnsafeMutableBytes { bytes in
                let count = Int(min(Self.blockSize, tar.size - start))
                bytes.copyBytes(from: Self.blockHead(count: count, isLast: start + Int64(count) == tar.size))
                let content = UnsafeMutableRawBufferPointer(rebasing: bytes[5..<5 + count])
                tar.fill(content, from: start)
                diffID.update(UnsafeRawBufferPointer(content))
                checksum.update(UnsafeRawBufferPointer(content))
                digest.update(UnsafeRawBufferPointer(rebasing: bytes[..<(5 + count)]))
            }
            // Long work on the few threads that all tasks share.
            if place % 32 == 31 { await Task.yield() }
        }
        tail(checksum.value).withUnsafeBytes { digest.update($0) }
        return Figures(digest: digest.digest(), diffID: diffID.digest(), checksum: checksum.value)
    }

    /// The bytes of the layer from an offset on, made while they are read.
    public func bytes(from offset: Int64 = 0, figures: Figures, bufferSize: Int = 256 << 10) -> ByteStream {
        ByteStream(range: min(offset, size)..<size) {
            var position = min(offset, size)
            return {
                guard position < size else { return nil }
                var buffer = ByteBufferAllocator().buffer(capacity: bufferSize)
                buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bufferSize) { bytes in
                    let count = Int(min(Int64(bufferSize), size - position))
                    fill(UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]), from: position, figures: figures)
                    return count
                }
                position += Int64(buffer.readableBytes)
                return buffer
            }
        }
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer, from offset: Int64, figures: Figures) {
        let headSize = Int64(Self.head.count)
        var position = offset
        var written = 0
        func put(_ part: ArraySlice<UInt8>) {
            let count = min(part.count, bytes.count - written)
            UnsafeMutableRawBufferPointer(rebasing: bytes[written..<written + count])
                .copyBytes(from: part.prefix(count))
            written += count
            position += Int64(count)
        }
        if position < headSize { put(Self.head[Int(position)...]) }
        while written < bytes.count, position < size - Self.tailSize {
            let block = (position - headSize) / Self.storedBlockSize
            let place = (position - headSize) % Self.storedBlockSize
            let start = block * Self.blockSize
            let count = min(Self.blockSize, tar.size - start)
            if place < 5 {
                put(Self.blockHead(count: Int(count), isLast: start + count == tar.size)[Int(place)...])
            } else {
                let length = Int(min(count - (place - 5), Int64(bytes.count - written)))
                let target = UnsafeMutableRawBufferPointer(rebasing: bytes[written..<written + length])
                tar.fill(target, from: start + place - 5)
                written += length
                position += Int64(length)
            }
        }
        if written < bytes.count { put(tail(figures.checksum)[Int(position - (size - Self.tailSize))...]) }
    }

    static func blockHead(count: Int, isLast: Bool) -> [UInt8] {
        let low = UInt8(count & 0xFF)
        let high = UInt8(count >> 8)
        return [isLast ? 1 : 0, low, high, ~low, ~high]
    }

    private func tail(_ checksum: UInt32) -> [UInt8] { Self.tail(checksum, size: tar.size) }

    static func tail(_ checksum: UInt32, size: Int64) -> [UInt8] {
        let words = UInt64(checksum) | UInt64(truncatingIfNeeded: size) << 32
        return withUnsafeBytes(of: words.littleEndian, Array.init)
    }
}
