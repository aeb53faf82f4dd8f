// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCI
public import OCIContent

/// What happens to real places, for tests of those who look for it.
extension MemoryRepository {
    /// Loses a blob; what points to it stays.
    public func lose(blob digest: Digest) { endpoint.change(name) { $0.blobs[digest] = nil } }

    /// Loses a manifest; tags and indexes that point to it stay.
    public func lose(manifest digest: Digest) { endpoint.change(name) { $0.manifests[digest] = nil } }

    /// Puts other bytes in the place of a blob's.
    public func spoil(blob digest: Digest, with bytes: [UInt8]) {
        endpoint.change(name) { $0.blobs[digest] = ByteBuffer(bytes: bytes) }
    }
}
