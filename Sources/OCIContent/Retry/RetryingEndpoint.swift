// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A place, each of whose failures is tried again as long as that can help.
public struct RetryingEndpoint<Base: Endpoint>: Endpoint {
    private let base: Base
    private let policy: RetryPolicy

    /// Wraps a place.
    public init(_ base: Base, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    /// What the place is called.
    public var name: String { base.name }

    /// The names of all repositories; see ``Endpoint/catalog(below:)``.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        base.catalog(below: paths).retried(by: policy)
    }
}

extension RetryingEndpoint: SourceEndpoint where Base: SourceEndpoint {
    /// One repository of the place, to read.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        RetryingSource(base.source(repository), policy: policy)
    }
}

extension RetryingEndpoint: SinkEndpoint where Base: SinkEndpoint {
    /// One repository of the place, to write.
    public func sink(_ repository: RepositoryName) -> any ContentSink {
        RetryingSink(base.sink(repository), policy: policy)
    }

    /// Makes what was written last; see ``SinkEndpoint/finish()``.
    public func finish() async throws { try await policy.run { try await base.finish() } }
}
