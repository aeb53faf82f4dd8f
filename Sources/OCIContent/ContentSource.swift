// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A repository that content is read from.
public protocol ContentSource: ContentIndex {
    /// The bytes of a part of a blob; the stream says which bytes it really delivers, which may be more.
    ///
    /// Nothing is verified here: that is the work of ``BlobContent``.
    /// - Throws: An error if the blob is not there.
    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream

    /// How many bytes from the start of a blob can be had again without asking the place.
    ///
    /// 0 where nothing is kept, as in most places.
    func kept(of blob: Descriptor) async -> Int64

    /// Whether a manifest can be had again without asking the place.
    func keepsDocument(_ digest: Digest) async -> Bool

    /// Lets go of what is kept of a blob: it has arrived, or it was wrong.
    func release(_ blob: Descriptor) async
}

extension ContentSource {
    /// The bytes of a blob from an offset on.
    public func blob(_ descriptor: Descriptor, from offset: Int64) async throws -> ByteStream {
        try await blob(descriptor, in: offset..<max(offset, descriptor.size))
    }

    /// Most places keep nothing.
    public func kept(of blob: Descriptor) async -> Int64 { 0 }

    /// Most places keep nothing.
    public func keepsDocument(_ digest: Digest) async -> Bool { false }

    /// Most places keep nothing.
    public func release(_ blob: Descriptor) async {}
}
