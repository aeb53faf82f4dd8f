// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A place whose blobs are read and written no faster than some limits allow.
public struct PacedEndpoint<Base: Endpoint>: Endpoint {
    private let base: Base
    private let throttles: [Throttle]

    /// Wraps a place.
    /// - Parameter throttles: The limits, each of which holds; none for no limit.
    public init(_ base: Base, throttles: [Throttle]) {
        self.base = base
        self.throttles = throttles
    }

    /// What the place is called.
    public var name: String { base.name }

    /// The names of all repositories; see ``Endpoint/catalog(below:)``.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }
}

extension PacedEndpoint: SourceEndpoint where Base: SourceEndpoint {
    /// One repository of the place, to read.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        let source = base.source(repository)
        guard !throttles.isEmpty else { return source }
        return StagedSource(base: source) { [throttles] in $0.paced(by: throttles) }
    }
}

extension PacedEndpoint: SinkEndpoint where Base: SinkEndpoint {
    /// One repository of the place, to write.
    public func sink(_ repository: RepositoryName) -> any ContentSink {
        let sink = base.sink(repository)
        return throttles.isEmpty ? sink : PacedSink(base: sink, throttles: throttles)
    }

    /// Makes what was written last; see ``SinkEndpoint/finish()``.
    public func finish() async throws { try await base.finish() }
}

/// A repository to which blobs are written no faster than some limits allow.
private struct PacedSink: ContentSink {
    let base: any ContentSink
    let throttles: [Throttle]

    func tags() -> Pages<TagEntry> { base.tags() }

    func resolve(_ target: Target) async throws -> Descriptor? { try await base.resolve(target) }

    func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }

    func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }

    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        try await base.referrers(of: subject, type: type)
    }

    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        try await base.write(blob.reading { [throttles] in $0.paced(by: throttles) }, heldBy: sibling)
    }

    func write(_ manifest: ManifestDocument) async throws { try await base.write(manifest) }

    func publish(_ root: ManifestDocument, as tag: TagName) async throws { try await base.publish(root, as: tag) }
}
