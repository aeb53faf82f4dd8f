// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A repository that stands in front of another one, and does what that does unless it says otherwise.
public protocol ForwardingSource: ContentSource {
    /// The repository behind it.
    var base: any ContentSource { get }
}

extension ForwardingSource {
    /// See ``ContentIndex/tags()``.
    public func tags() -> Pages<TagEntry> { base.tags() }

    /// See ``ContentIndex/resolve(_:)``.
    public func resolve(_ target: Target) async throws -> Descriptor? { try await base.resolve(target) }

    /// See ``ContentIndex/document(at:)``.
    public func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }

    /// See ``ContentIndex/contains(_:)``.
    public func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }

    /// See ``ContentIndex/referrers(of:type:)``.
    public func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        try await base.referrers(of: subject, type: type)
    }

    /// See ``ContentSource/blob(_:in:)``.
    public func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        try await base.blob(descriptor, in: range)
    }

    /// See ``ContentSource/kept(of:)``.
    public func kept(of blob: Descriptor) async -> Int64 { await base.kept(of: blob) }

    /// See ``ContentSource/keepsDocument(_:)``.
    public func keepsDocument(_ digest: Digest) async -> Bool { await base.keepsDocument(digest) }

    /// See ``ContentSource/release(_:)``.
    public func release(_ blob: Descriptor) async { await base.release(blob) }
}
