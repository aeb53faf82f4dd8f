// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// The part of a place that is below a path, seen as a place of its own: repositories are called what they are called below it.
public struct SubtreeEndpoint: SourceEndpoint {
    private let base: any SourceEndpoint
    private let path: RepositoryName

    /// Describes the part of a place below a path.
    public init(_ path: RepositoryName, of base: any SourceEndpoint) {
        self.path = path
        self.base = base
    }

    /// The place and the path.
    public var name: String { "\(base.name)/\(path)" }

    /// The names of the repositories below the path, without it; see ``Endpoint/catalog(below:)``.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        let inside = paths.compactMap { try? RepositoryName("\(path)/\($0)") }
        return Pages {
            var pages = base.catalog(below: inside.isEmpty ? [path] : inside).makeAsyncIterator()
            return { try await pages.next()?.compactMap(below) }
        }
    }

    /// One repository below the path.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        guard let name = try? RepositoryName("\(path)/\(repository)") else {
            // A name that is too long with the path in front is that of nothing.
            return MemoryEndpoint(name: name).source(repository)
        }
        return base.source(name)
    }

    private func below(_ name: RepositoryName) -> RepositoryName? {
        guard name.text.hasPrefix("\(path)/") else { return nil }
        return try? RepositoryName(String(name.text.dropFirst(path.text.count + 1)))
    }
}
