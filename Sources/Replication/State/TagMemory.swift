// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What earlier runs knew of the tags of a job's destination; a hint that fails safe.
public protocol TagMemory: Sendable {
    /// What a tag pointed to when it was last known to be equal on both sides.
    func lastEqual(_ tag: TagName, in repository: RepositoryName) -> Digest?

    /// Takes note that a tag is equal on both sides.
    func noteEqual(_ tag: TagName, in repository: RepositoryName, _ digest: Digest)

    /// Takes note that a tag differs.
    func noteDifferent(_ tag: TagName, in repository: RepositoryName)
}

/// Remembers nothing.
public struct NoTagMemory: TagMemory {
    /// Makes one.
    public init() {}

    /// Always `nil`.
    public func lastEqual(_ tag: TagName, in repository: RepositoryName) -> Digest? { nil }

    /// Does nothing.
    public func noteEqual(_ tag: TagName, in repository: RepositoryName, _ digest: Digest) {}

    /// Does nothing.
    public func noteDifferent(_ tag: TagName, in repository: RepositoryName) {}
}
