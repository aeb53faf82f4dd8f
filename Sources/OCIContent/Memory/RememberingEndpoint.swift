// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A place to read from whose manifests are fetched once, also over several runs.
///
/// Some registries count each manifest that is fetched against a limit, and none counts a question; so a tag whose manifest
/// is remembered costs a question instead.
public struct RememberingEndpoint<Base: SourceEndpoint>: SourceEndpoint {
    private let base: Base
    private let memory: any DocumentMemory

    /// Wraps a place.
    public init(_ base: Base, memory: any DocumentMemory) {
        self.base = base
        self.memory = memory
    }

    /// What the place is called.
    public var name: String { base.name }

    /// The names of all repositories; see ``Endpoint/catalog(below:)``.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { base.catalog(below: paths) }

    /// One repository of the place.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        RememberingSource(base: base.source(repository), repository: repository, memory: memory)
    }
}

/// A repository whose manifests are fetched once.
private struct RememberingSource: ForwardingSource {
    let base: any ContentSource
    let repository: RepositoryName
    let memory: any DocumentMemory

    func document(at target: Target) async throws -> ManifestDocument? {
        switch target {
        case .digest(let digest):
            if let document = await memory.document(digest) { return document }
            return try await fetch(target)
        case .tag(let tag):
            guard let seen = await memory.lastSeen(tag, in: repository), let known = await memory.document(seen) else {
                return try await fetch(target)
            }
            guard let now = try await base.resolve(target) else { return nil }
            guard now.digest != seen else { return known }
            guard let document = try await document(at: .digest(now.digest)) else { return nil }
            await memory.noteSeen(tag, in: repository, now.digest)
            return document
        }
    }

    func keepsDocument(_ digest: Digest) async -> Bool { await memory.document(digest) != nil }

    private func fetch(_ target: Target) async throws -> ManifestDocument? {
        guard let document = try await base.document(at: target) else { return nil }
        await memory.keep(document)
        if case .tag(let tag) = target { await memory.noteSeen(tag, in: repository, document.descriptor.digest) }
        return document
    }
}
