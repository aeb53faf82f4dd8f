// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCILayout

/// What can be served: all that the routes ask of it to answer who reads.
protocol ServedContent: Sendable {
    associatedtype Repository: ServedRepository

    /// The names of the repositories with at least one manifest behind `after` in bytewise order, at most `limit`.
    func repositories(after: RepositoryName?, limit: Int) async throws -> [RepositoryName]

    /// One repository, which need not exist.
    func repository(_ name: RepositoryName) -> Repository
}

/// What the routes ask of a repository; one that does not exist has nothing.
protocol ServedRepository: Sendable {
    /// Whether it is there, which it can be without a tag.
    func exists() async throws -> Bool

    /// The tags behind `after` in bytewise order, at most `limit`.
    func tags(after: TagName?, limit: Int) async throws -> [TagName]

    /// The bytes of the manifest that a target names, with its media type; `nil` if it is not there.
    /// - Throws: `ContentError` for bytes that are missing or damaged.
    func storedManifest(at target: Target) async throws -> StoredManifest?

    /// Opens a blob; `nil` if the repository does not have it.
    func blob(_ digest: Digest) async throws -> StoredBlob?

    /// The length of a blob; `nil` if the repository does not have it.
    func size(ofBlob digest: Digest) async throws -> Int64?

    /// The manifests whose subject is `digest`, ordered by digest, behind `after`, at most `limit`.
    func referrers(of digest: Digest, after: Digest?, limit: Int) async throws -> [Referrer]
}

extension LayoutStore: ServedContent {}
extension LayoutRepository: ServedRepository {}
extension BundleSet: ServedContent {}
extension BundleSetRepository: ServedRepository {}
