// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
public import OCI

/// A repository to read from, each of whose failures is tried again as long as that can help.
public struct RetryingSource: ContentSource {
    private let base: any ContentSource
    private let policy: RetryPolicy

    /// Wraps a repository.
    public init(_ base: any ContentSource, policy: RetryPolicy) {
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

    /// The bytes of a part of a blob; a stream that is cut is opened again where it was cut.
    public func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let first = try await policy.run { try await base.blob(descriptor, in: range) }
        return ByteStream(range: first.range) {
            var iterator = first.makeAsyncIterator()
            var position = first.range.lowerBound
            var opened = position
            var failures = RetryPolicy.Failures()
            return {
                while true {
                    do {
                        let buffer = try await iterator.next()
                        guard let buffer else {
                            guard position >= first.range.upperBound else {
                                throw ContentError.tooShort(
                                    descriptor.digest,
                                    expected: descriptor.size,
                                    received: position
                                )
                            }
                            return nil
                        }
                        position += Int64(buffer.readableBytes)
                        if position - opened >= Self.progress(in: descriptor) { failures.progressed() }
                        return buffer
                    } catch let error as any TransientError
                        where error.isTransient && position >= first.range.upperBound
                    {
                        // Everything is here; whoever asks for the bytes behind the last is answered with 416.
                        return nil
                    } catch {
                        // Everything has come; the peer only failed to end its answer well.
                        if position == first.range.upperBound, position > first.range.lowerBound { return nil }
                        iterator = try await reopen(
                            descriptor,
                            in: position..<first.range.upperBound,
                            after: error,
                            &failures
                        )
                        opened = position
                    }
                }
            }
        }
    }

    /// What is kept of a blob; see ``ContentSource/kept(of:)``.
    public func kept(of blob: Descriptor) async -> Int64 { await base.kept(of: blob) }

    /// Whether a manifest is kept; see ``ContentSource/keepsDocument(_:)``.
    public func keepsDocument(_ digest: Digest) async -> Bool { await base.keepsDocument(digest) }

    /// Lets go of what is kept of a blob; see ``ContentSource/release(_:)``.
    public func release(_ blob: Descriptor) async { await base.release(blob) }

    /// The bytes that a reading must bring to count as getting on: a peer that gives a few each time it is asked would be
    /// asked for ever.
    private static func progress(in blob: Descriptor) -> Int64 { max(1, min(64 << 10, blob.size / 16)) }

    /// Opens a blob again behind the bytes that were handed on.
    private func reopen(
        _ descriptor: Descriptor,
        in rest: Range<Int64>,
        after error: any Error,
        _ failures: inout RetryPolicy.Failures
    ) async throws -> ByteStream.AsyncIterator {
        var error = error
        while true {
            try await policy.wait(after: error, &failures)
            do {
                return try await base.blob(descriptor, in: rest).clipped(to: rest).makeAsyncIterator()
            } catch let next {
                error = next
            }
        }
    }
}
