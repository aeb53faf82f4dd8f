// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// A place to read from in the role of a destination: it is looked at, and nothing is written.
public struct ReadOnlyEndpoint: SinkEndpoint {
    private let base: any SourceEndpoint

    /// Wraps a place.
    public init(_ base: any SourceEndpoint) { self.base = base }

    /// What the place is called.
    public var name: String { base.name }

    /// The names of all repositories; see ``OCIContent/Endpoint/catalog()``.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }

    /// One repository of the place, which refuses all that would change it.
    public func sink(_ repository: RepositoryName) -> any ContentSink {
        ReadOnlyRepository(base: base.source(repository))
    }

    /// Does nothing: nothing was written.
    public func finish() async throws {}
}

/// Something was to be written to a place that is only looked at.
public struct ReadOnlyError: Error, Hashable, Sendable {}

private struct ReadOnlyRepository: ContentSink {
    let base: any ContentSource

    func tags() -> Pages<TagEntry> { base.tags() }

    func resolve(_ target: Target) async throws -> Descriptor? { try await base.resolve(target) }

    func document(at target: Target) async throws -> ManifestDocument? { try await base.document(at: target) }

    func contains(_ blob: Descriptor) async throws -> Bool { try await base.contains(blob) }

    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival { throw ReadOnlyError() }

    func write(_ manifest: ManifestDocument) async throws { throw ReadOnlyError() }

    func publish(_ root: ManifestDocument, as tag: TagName) async throws { throw ReadOnlyError() }
}
