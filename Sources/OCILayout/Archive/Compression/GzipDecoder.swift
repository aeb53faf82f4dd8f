// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Reads gzip (RFC 1952) with the system's zlib.
final class GzipDecoder: Decoder {
    private let stream: UnsafeMutablePointer<z_stream>
    private var isOpen = false

    init() throws {
        // The library keeps the address of the state.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The largest window, with the head and the checksum of gzip.
        let code = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw DecoderMistake(reason: "zlib: error \(code)") }
        isOpen = true
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws -> DecoderStep {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: Bytef.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.assumingMemoryBound(to: Bytef.self).baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let code = inflate(stream, Z_NO_FLUSH)
        let taken = input.count - Int(stream.pointee.avail_in)
        let given = output.count - Int(stream.pointee.avail_out)
        switch code {
        // No progress is for want of input or room, which the caller sees.
        case Z_OK, Z_BUF_ERROR: return DecoderStep(taken: taken, given: given, isEnd: false)
        case Z_STREAM_END:
            inflateReset(stream)
            return DecoderStep(taken: taken, given: given, isEnd: true)
        default:
            throw DecoderMistake(reason: stream.pointee.msg.map { String(cString: $0) } ?? "zlib: error \(code)")
        }
    }
}
