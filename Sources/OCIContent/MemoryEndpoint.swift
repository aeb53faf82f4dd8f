// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
public import OCI
import Synchronization

/// A place that lives in memory: for tests, and for images that are made rather than fetched.
///
/// As a destination it is strict: a manifest whose content is not there is refused.
public final class MemoryEndpoint: SourceEndpoint, SinkEndpoint {
    package struct Repository {
        package var blobs: [Digest: ByteBuffer] = [:]
        package var manifests: [Digest: ManifestDocument] = [:]
        package var tags: [TagName: Digest] = [:]

        var isEmpty: Bool { blobs.isEmpty && manifests.isEmpty && tags.isEmpty }
    }

    private let state = Mutex<[RepositoryName: Repository]>([:])
    /// What the place is called.
    public let name: String

    /// Makes an empty place.
    public init(name: String = "memory") { self.name = name }

    /// The names of the repositories that have content, in order, on one page.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        Pages(state.withLock { $0.filter { !$0.value.isEmpty }.keys.sorted() })
    }

    /// One repository of it, to read.
    public func source(_ repository: RepositoryName) -> any ContentSource { self[repository] }

    /// One repository of it, to write.
    public func sink(_ repository: RepositoryName) -> any ContentSink { self[repository] }

    /// Does nothing: all is in place already.
    public func finish() async throws {}

    /// One repository of it, with all that it can do.
    public subscript(repository: RepositoryName) -> MemoryRepository {
        MemoryRepository(name: repository, endpoint: self)
    }

    func read<Value>(_ repository: RepositoryName, _ body: (Repository) -> Value) -> Value {
        state.withLock { body($0[repository] ?? Repository()) }
    }

    package func change<Value>(
        _ repository: RepositoryName,
        _ body: (inout Repository) throws -> sending Value
    ) rethrows -> Value {
        try state.withLock { try body(&$0[repository, default: Repository()]) }
    }
}

/// A repository that lives in memory.
public struct MemoryRepository: ContentSource, ContentSink {
    package let name: RepositoryName
    package let endpoint: MemoryEndpoint

    /// The tags with their digests, on one page.
    public func tags() -> Pages<TagEntry> {
        Pages(
            endpoint.read(name) { repository in
                repository.tags.keys.sorted().map { TagEntry(tag: $0, digest: repository.tags[$0]) }
            }
        )
    }

    /// What a target names; see ``ContentIndex/resolve(_:)``.
    public func resolve(_ target: Target) async throws -> Descriptor? { lookUp(target)?.descriptor }

    /// The manifest of a target; see ``ContentIndex/document(at:)``.
    public func document(at target: Target) async throws -> ManifestDocument? { lookUp(target) }

    /// Whether a blob is there; see ``ContentIndex/contains(_:)``.
    public func contains(_ blob: Descriptor) async throws -> Bool {
        endpoint.read(name) { $0.blobs[blob.digest] != nil }
    }

    /// The manifests that refer to another one; see ``ContentIndex/referrers(of:type:)``.
    public func referrers(of subject: Digest, type: String?) async throws -> [Referrer]? {
        endpoint.read(name) { repository in
            repository.manifests.values.filter { $0.subject == subject }.map { Referrer($0) }
                .sorted { $0.descriptor.digest.hex < $1.descriptor.digest.hex }
        }
    }

    /// The bytes of a blob from an offset on.
    /// - Throws: ``ContentError/missing(_:)``.
    public func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        guard var bytes = endpoint.read(name, { $0.blobs[descriptor.digest] }) else {
            throw ContentError.missing(descriptor.digest)
        }
        let part = descriptor.delivered(of: range, from: Int64(bytes.readableBytes))
        bytes = bytes.getSlice(at: bytes.readerIndex + Int(part.lowerBound), length: part.count) ?? ByteBuffer()
        return ByteStream(range: part) { [bytes] in ByteStream(bytes).makeAsyncIterator().pull }
    }

    /// Makes a blob be there; see ``ContentSink/write(_:heldBy:)``.
    public func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        let digest = blob.descriptor.digest
        if !blob.replaces, endpoint.read(name, { $0.blobs[digest] != nil }) { return .present }
        if !blob.replaces, let sibling, let bytes = endpoint.read(sibling, { $0.blobs[digest] }) {
            endpoint.change(name) { $0.blobs[digest] = bytes }
            return .mounted
        }
        var bytes = ByteBuffer()
        for try await var buffer in try await blob.open().stream { bytes.writeBuffer(&buffer) }
        endpoint.change(name) { [bytes] in $0.blobs[digest] = bytes }
        return .copied
    }

    /// Writes a manifest; see ``ContentSink/write(_:)``.
    public func write(_ manifest: ManifestDocument) async throws { try put(manifest, tag: nil) }

    /// Writes a manifest and moves a tag; see ``ContentSink/publish(_:as:)``.
    public func publish(_ root: ManifestDocument, as tag: TagName) async throws { try put(root, tag: tag) }

    /// Puts a blob there without any transfer, and returns its descriptor.
    @discardableResult
    public func add(
        _ bytes: [UInt8],
        mediaType: MediaType = .ociLayerGzip,
        algorithm: Digest.Algorithm = .sha256
    ) -> Descriptor {
        let descriptor = Descriptor(
            mediaType: mediaType,
            digest: Digester.digest(of: bytes, algorithm: algorithm),
            size: Int64(bytes.count)
        )
        endpoint.change(name) { $0.blobs[descriptor.digest] = ByteBuffer(bytes: bytes) }
        return descriptor
    }

    private func lookUp(_ target: Target) -> ManifestDocument? {
        endpoint.read(name) { repository in
            switch target {
            case .tag(let tag): repository.tags[tag].flatMap { repository.manifests[$0] }
            case .digest(let digest): repository.manifests[digest]
            }
        }
    }

    private func put(_ document: ManifestDocument, tag: TagName?) throws {
        try endpoint.change(name) { repository in
            for blob in document.manifest.blobs
            where !blob.isNonDistributable && repository.blobs[blob.digest] == nil {
                throw ContentError.missing(blob.digest)
            }
            for child in document.manifest.children where repository.manifests[child.digest] == nil {
                throw ContentError.missing(child.digest)
            }
            repository.manifests[document.descriptor.digest] = document
            if let tag { repository.tags[tag] = document.descriptor.digest }
        }
    }
}
