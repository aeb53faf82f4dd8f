// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

extension StoreFiles {
    /// The digest of a file's first `size` bytes, read a piece at a time.
    /// - Throws: `CancellationError` between two pieces.
    func digest(of file: OpenFile, size: Int64, algorithm: Digest.Algorithm) async throws -> Digest {
        var digester = Digester(algorithm)
        var position: Int64 = 0
        while position < size {
            try Task.checkCancellation()
            let (start, before) = (position, digester)
            (digester, position) = try await run {
                let buffer = try file.readBuffer(Int(min(size - start, Int64(Self.chunkSize))), at: start)
                guard buffer.readableBytes > 0 else {
                    throw StoreError.damaged(path: file.path, reason: "became shorter")
                }
                var digester = before
                digester.update(buffer)
                return (digester, start + Int64(buffer.readableBytes))
            }
        }
        return digester.digest()
    }
}
