// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CZstd

/// Reads Zstandard (RFC 8878) with the system's libzstd, which holds at most 128 MiB of a frame in memory.
final class ZstandardDecoder: Decoder {
    private let stream: OpaquePointer

    init() throws {
        guard let stream = ZSTD_createDStream() else { throw DecoderMistake(reason: "libzstd: no memory") }
        self.stream = stream
    }

    deinit { ZSTD_freeDStream(stream) }

    func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws -> DecoderStep {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let code = ZSTD_decompressStream(stream, &target, &source)
        guard ZSTD_isError(code) == 0 else {
            throw DecoderMistake(reason: String(cString: ZSTD_getErrorName(code)).lowercased())
        }
        return DecoderStep(taken: source.pos, given: target.pos, isEnd: code == 0)
    }
}
