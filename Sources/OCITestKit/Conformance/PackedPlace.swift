// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// A place that is only read from, as the reading half of one that can be written to: each question is put to a new archive of
/// all that was written until then.
public struct PackedPlace: SourceEndpoint {
    /// Opens an archive for one question, and ends it afterwards.
    public typealias Opening =
        @Sendable (_ question: @Sendable (any SourceEndpoint) async throws -> Void) async throws -> Void

    /// What it is called.
    public let name: String
    private let opening: Opening

    /// - Parameter opening: Packs what was written, and lends the archive.
    public init(name: String, opening: @escaping Opening) {
        self.name = name
        self.opening = opening
    }

    /// The names of the repositories that were written to.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        Pages { onePage { try await ask { try await $0.catalog().all() } } }
    }

    /// One repository of it.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        PackedRepository(name: repository, place: self)
    }

    fileprivate func ask<Value: Sendable>(
        _ question: @escaping @Sendable (any SourceEndpoint) async throws -> Value
    ) async throws -> Value {
        let answer = Answer<Value>()
        try await opening { await answer.set(try await question($0)) }
        guard let value = await answer.value else { throw BrokenPromise("nobody was asked") }
        return value
    }
}

private actor Answer<Value: Sendable> {
    private(set) var value: Value?

    func set(_ value: Value) { self.value = value }
}

/// A listing of one page, which is made when it is asked for.
private func onePage<Element: Sendable>(
    _ make: @escaping @Sendable () async throws -> [Element]
) -> () async throws -> [Element]? {
    var isOver = false
    return {
        defer { isOver = true }
        return isOver ? nil : try await make()
    }
}

private struct PackedRepository: ContentSource {
    let name: RepositoryName
    let place: PackedPlace

    func tags() -> Pages<TagEntry> {
        Pages { onePage { [name, place] in try await place.ask { try await $0.source(name).tags().all() } } }
    }

    func resolve(_ target: Target) async throws -> Descriptor? {
        try await place.ask { [name] in try await $0.source(name).resolve(target) }
    }

    func document(at target: Target) async throws -> ManifestDocument? {
        try await place.ask { [name] in try await $0.source(name).document(at: target) }
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await place.ask { [name] in try await $0.source(name).contains(blob) }
    }

    func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        try await place.ask { [name] in try await $0.source(name).referrers(of: subject, type: type) }
    }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let (range, buffers) = try await place.ask { [name] in
            let stream = try await $0.source(name).blob(descriptor, in: range)
            return (stream.range, try await stream.reduce(into: []) { $0.append($1) })
        }
        return ByteStream(range: range) {
            var rest = buffers[...]
            return { rest.popFirst() }
        }
    }
}
