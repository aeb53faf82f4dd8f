// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A repository to write to, each of whose failures is tried again as long as that can help.
///
/// How far a failed upload of a blob has come is the place's matter: see ``UploadMemory``. An upload that gets on is tried
/// again as often as it is cut. A failure of the reading side comes as a ``SideFailure``, which is not tried again here, but
/// for bytes that turned out wrong at their end: only a new upload can take others.
public struct RetryingSink: ContentSink {
    private let base: any ContentSink
    private let policy: RetryPolicy

    /// Wraps a repository.
    public init(_ base: any ContentSink, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    /// The tags; see ``ContentIndex/tags()``.
    public func tags() -> Pages<TagEntry> { base.tags().retried(by: policy) }

    /// What a target names; see ``ContentIndex/resolve(_:)``.
    public func resolve(_ target: Target) async throws -> Descriptor? {
        try await policy.run { try await base.resolve(target) }
    }

    /// The manifest of a target; see ``ContentIndex/document(at:)``.
    public func document(at target: Target) async throws -> ManifestDocument? {
        try await policy.run { try await base.document(at: target) }
    }

    /// Whether a blob is there; see ``ContentIndex/contains(_:)``.
    public func contains(_ blob: Descriptor) async throws -> Bool {
        try await policy.run { try await base.contains(blob) }
    }

    /// What refers to a manifest; see ``ContentIndex/referrers(of:type:)``.
    public func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        try await policy.run { try await base.referrers(of: subject, type: type) }
    }

    /// Makes a blob be there; see ``ContentSink/write(_:heldBy:)``.
    public func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        var failures = RetryPolicy.Failures()
        var readings = RetryPolicy.Failures()
        while true {
            let before = blob.acknowledged
            do { return try await base.write(blob, heldBy: sibling) } catch let failure as SideFailure {
                guard case ContentError.wrongDigest = failure.underlying else { throw failure }
                do { try await policy.wait(after: failure.underlying, &readings) } catch {
                    throw SideFailure.wrapping(error, side: failure.side)
                }
            } catch {
                if blob.acknowledged > before { failures.progressed() }
                try await policy.wait(after: error, &failures)
            }
        }
    }

    /// Writes a manifest; see ``ContentSink/write(_:)``.
    public func write(_ manifest: ManifestDocument) async throws {
        try await policy.run { try await base.write(manifest) }
    }

    /// Writes a manifest and moves a tag; see ``ContentSink/publish(_:as:)``.
    public func publish(_ root: ManifestDocument, as tag: TagName) async throws {
        try await policy.run { try await base.publish(root, as: tag) }
    }
}

extension Pages {
    /// The same listing, each of whose pages is asked for again when that can help.
    public func retried(by policy: RetryPolicy) -> Pages {
        Pages {
            var iterator = makeAsyncIterator()
            return { try await policy.run { try await iterator.next() } }
        }
    }
}
