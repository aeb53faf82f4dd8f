// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// A blob of a repository, opened: it can be read to its end even if it is removed meanwhile.
public struct StoredBlob: Sendable {
    /// The name of the content.
    public let digest: Digest
    /// The length in bytes.
    public let size: Int64

    /// The bytes of a range, which is cut to the length of the blob.
    public func read(_ range: Range<Int64>) -> ByteStream { preconditionFailure() }

    /// All bytes.
    public func read() -> ByteStream { read(0..<size) }
}
