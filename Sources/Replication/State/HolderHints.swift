// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// Which repository of a destination held what, as far as earlier runs knew; never relied upon, only tried first.
public protocol HolderHints: Sendable {
    /// A repository that may hold a blob.
    func holder(of digest: Digest) -> RepositoryName?

    /// Takes note that a repository holds a blob, or is about to.
    func note(_ digest: Digest, in repository: RepositoryName)
}

/// Knows nothing.
public struct NoHints: HolderHints {
    /// Makes one.
    public init() {}

    /// Always `nil`.
    public func holder(of digest: Digest) -> RepositoryName? { nil }

    /// Does nothing.
    public func note(_ digest: Digest, in repository: RepositoryName) {}
}
