// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

/// Something that bytes are read from at given places; calls block.
protocol PositionedInput: Sendable {
    /// Reads until `buffer` is full or there is no more.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int
}

extension PositionedInput {
    /// Reads at most `count` bytes; fewer at the end.
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
    }

    /// Reads at most `count` bytes into a buffer of their own.
    func readBuffer(_ count: Int, at offset: Int64) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        _ = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { pointer in
            try read(into: UnsafeMutableRawBufferPointer(rebasing: pointer[..<count]), at: offset)
        }
        return buffer
    }

    /// The digest of a part; `nil` if it ends too early.
    /// - Throws: Errors of reading; `CancellationError`.
    func digest(
        of range: Range<Int64>,
        _ algorithm: Digest.Algorithm = .sha256,
        isCancelled: () -> Bool = { false }
    ) throws -> Digest? {
        var digester = Digester(algorithm)
        var position = range.lowerBound
        while position < range.upperBound {
            if isCancelled() { throw CancellationError() }
            let length = Int(min(range.upperBound - position, Int64(StoreFiles.chunkSize)))
            let buffer = try readBuffer(length, at: position)
            guard buffer.readableBytes == length else { return nil }
            digester.update(buffer)
            position += Int64(length)
        }
        return digester.digest()
    }
}
