// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Manifests that were fetched before, and what tags pointed to then.
///
/// A manifest never changes under its digest, so what is remembered of it stays true; what is remembered of a tag is only a
/// guess, which one question confirms.
public protocol DocumentMemory: Sendable {
    /// A manifest by its digest, verified; `nil` if it is not remembered.
    func document(_ digest: Digest) async -> ManifestDocument?

    /// Remembers a manifest.
    func keep(_ document: ManifestDocument) async

    /// What a tag pointed to when it was last fetched.
    func lastSeen(_ tag: TagName, in repository: RepositoryName) async -> Digest?

    /// Remembers what a tag points to.
    func noteSeen(_ tag: TagName, in repository: RepositoryName, _ digest: Digest) async
}
