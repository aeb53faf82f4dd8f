// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI

/// Hashes the bytes of a blob as they pass, and holds the last of them back until length and digest are right.
struct Verification {
    /// What the blob must be.
    private let descriptor: Descriptor
    private let trail: HashTrail
    /// `nil` where the start of the blob was not seen: only the length can be checked.
    private var digester: Digester?
    /// The bytes that were seen, from the start of the blob.
    private var received: Int64
    /// The bytes that were handed on, from the start of the blob.
    private(set) var handedOn: Int64
    private var nextMark: Int64
    private var held: ByteBuffer?
    private var isFinished = false

    /// Begins in the middle of a blob, or at its start.
    /// - Parameters:
    ///   - mark: The hash of what comes before the stream; `nil` if it is not known.
    ///   - start: Where the stream begins.
    ///   - offset: The first byte that is handed on; what comes before it is only hashed.
    init(
        of descriptor: Descriptor,
        _ trail: HashTrail,
        after mark: HashTrail.Mark?,
        from start: Int64,
        to offset: Int64
    ) {
        self.descriptor = descriptor
        self.trail = trail
        digester = mark?.digester
        received = start
        handedOn = offset
        nextMark = start + HashTrail.stride
    }

    /// The next bytes; `nil` after the last.
    /// - Throws: ``ContentError``, and what the stream throws.
    mutating func next(from iterator: inout ByteStream.AsyncIterator) async throws -> ByteBuffer? {
        while !isFinished {
            guard let buffer = try await iterator.next() else {
                try finish()
                break
            }
            guard let buffer = try take(buffer) else { continue }
            guard let previous = held else {
                held = buffer
                continue
            }
            held = buffer
            return handOn(previous)
        }
        guard let last = held else { return nil }
        held = nil
        return handOn(last)
    }

    private mutating func handOn(_ buffer: ByteBuffer) -> ByteBuffer {
        handedOn += Int64(buffer.readableBytes)
        return buffer
    }

    /// Hashes bytes, and returns those of them that are to be handed on.
    private mutating func take(_ buffer: ByteBuffer) throws -> ByteBuffer? {
        let start = received
        received += Int64(buffer.readableBytes)
        guard received <= descriptor.size else {
            throw ContentError.tooLong(descriptor.digest, expected: descriptor.size)
        }
        digester?.update(buffer)
        if received >= nextMark, let digester {
            trail.add(HashTrail.Mark(offset: received, digester: digester))
            nextMark = received + HashTrail.stride
        }
        // Bytes before the first that is wanted were read for their hash only.
        let wanted = handedOn + Int64(held?.readableBytes ?? 0)
        var rest = buffer
        if start < wanted { rest.moveReaderIndex(forwardBy: Int(min(wanted - start, Int64(buffer.readableBytes)))) }
        return rest.readableBytes > 0 ? rest : nil
    }

    private mutating func finish() throws {
        guard received == descriptor.size else {
            throw ContentError.tooShort(descriptor.digest, expected: descriptor.size, received: received)
        }
        if let actual = digester?.digest(), actual != descriptor.digest {
            trail.forget()
            throw ContentError.wrongDigest(expected: descriptor.digest, actual: actual)
        }
        isFinished = true
    }
}
