// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// A bundle as a place to read from, together with what it leaves out: that is read from where the images go.
public struct CompletedEndpoint: SourceEndpoint {
    private let bundle: any SourceEndpoint
    private let completion: any SourceEndpoint
    private let located: [Digest: RepositoryName]

    /// Completes a bundle.
    /// - Parameters:
    ///   - completion: The place that has what the bundle leaves out.
    ///   - located: The repository of that place in which each piece is.
    public init(_ bundle: any SourceEndpoint, by completion: any SourceEndpoint, located: [Digest: RepositoryName]) {
        self.bundle = bundle
        self.completion = completion
        self.located = located
    }

    /// What the bundle is called.
    public var name: String { bundle.name }

    /// The repositories of the bundle.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { bundle.catalog(below: paths) }

    /// One repository of the bundle, with nothing missing.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        CompletedRepository(
            base: bundle.source(repository),
            holder: { [completion, located] digest in located[digest].map { completion.source($0) } }
        )
    }
}

private struct CompletedRepository: ForwardingSource {
    let base: any ContentSource
    /// The repository that has a piece; `nil` for what is in the bundle.
    let holder: @Sendable (Digest) -> (any ContentSource)?

    func document(at target: Target) async throws -> ManifestDocument? {
        guard let digest = try await resolve(target)?.digest, let holder = holder(digest) else {
            return try await base.document(at: target)
        }
        return try await holder.document(at: .digest(digest))
    }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        try await (holder(descriptor.digest) ?? base).blob(descriptor, in: range)
    }

    func kept(of blob: Descriptor) async -> Int64 { await (holder(blob.digest) ?? base).kept(of: blob) }

    func release(_ blob: Descriptor) async { await (holder(blob.digest) ?? base).release(blob) }
}
