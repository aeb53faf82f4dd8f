// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A repository that content is read from.
public protocol ContentSource: ContentIndex {
    /// The bytes of a blob, from an offset on; the stream says which bytes it really delivers.
    ///
    /// Nothing is verified here: that is the work of ``BlobContent``.
    /// - Throws: An error if the blob is not there.
    func blob(_ descriptor: Descriptor, from offset: Int64) async throws -> ByteStream
}
