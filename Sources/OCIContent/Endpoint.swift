// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// The part that a place plays in a run.
public enum Side: String, Hashable, Sendable, Codable, CaseIterable {
    /// Content is read from it.
    case source
    /// Content is written to it.
    case destination
}

/// A place with repositories, as a run uses it.
public protocol Endpoint: Sendable {
    /// What the place is called, for people: `registry.lan:5000`.
    var name: String { get }

    /// The names of all repositories, in pages.
    ///
    /// - Parameter paths: Only repositories below these paths are wanted; none for all. The listing may hold others all the
    ///   same. Some places can list what is below a path, but not all that they have.
    /// - Throws: ``CatalogUnavailable`` from the listing where the place does not tell.
    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName>
}

extension Endpoint {
    /// The names of all repositories.
    public func catalog() -> Pages<RepositoryName> { catalog(below: []) }
}

/// A place that content is read from.
public protocol SourceEndpoint: Endpoint {
    /// One repository of it, which need not exist.
    func source(_ repository: RepositoryName) -> any ContentSource
}

/// A place that content is written to.
public protocol SinkEndpoint: Endpoint {
    /// One repository of it, which need not exist.
    func sink(_ repository: RepositoryName) -> any ContentSink

    /// Makes what was written last, at the end of a run.
    func finish() async throws
}

/// A place does not list its repositories.
public struct CatalogUnavailable: Error, Hashable, Sendable {
    /// The place.
    public let place: String

    /// Makes the error.
    public init(place: String) { self.place = place }
}
