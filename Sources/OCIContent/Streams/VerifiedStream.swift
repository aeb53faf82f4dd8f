// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

extension ByteStream {
    /// The same bytes, all of a blob, hashed as they pass: the last of them are held back until length and digest are right.
    ///
    /// Whoever reads it never gets a whole blob of wrong content.
    /// - Throws: ``ContentError`` from the stream.
    public func verified(as descriptor: Descriptor) -> ByteStream {
        ByteStream(range: range) {
            let start = HashTrail.Mark(offset: 0, digester: Digester(descriptor.digest.algorithm))
            var verification = Verification(of: descriptor, HashTrail(), after: start, from: 0, to: 0)
            var iterator = makeAsyncIterator()
            return { try await verification.next(from: &iterator) }
        }
    }
}
