// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

/// One check of one promise: the place, repositories that nobody else uses, and content that nobody else has.
struct Trial: Sendable {
    let sourceEndpoint: any SourceEndpoint
    let sinkEndpoint: any SinkEndpoint
    let abilities: EndpointConformance.Abilities
    let name: RepositoryName
    let siblingName: RepositoryName
    private let seed: UInt64

    init(
        source: any SourceEndpoint,
        sink: any SinkEndpoint,
        abilities: EndpointConformance.Abilities,
        seed: UInt64
    ) throws {
        sourceEndpoint = source
        sinkEndpoint = sink
        self.abilities = abilities
        self.seed = seed
        name = try RepositoryName("conformance/r\(String(seed, radix: 36))")
        siblingName = try RepositoryName("conformance/s\(String(seed, radix: 36))/sibling")
    }

    /// The repository, to read.
    var source: any ContentSource { sourceEndpoint.source(name) }
    /// The repository, to write.
    var sink: any ContentSink { sinkEndpoint.sink(name) }
    /// Another repository, to write.
    var sibling: any ContentSink { sinkEndpoint.sink(siblingName) }

    func blob(_ number: UInt64 = 0, size: Int = 10_000) -> BuiltBlob {
        var bytes = [UInt8](repeating: 0, count: size)
        bytes.withUnsafeMutableBytes { SeededRandom.fill($0, seed: seed &+ number, from: 0) }
        return BuiltBlob(bytes)
    }

    /// The blob as something to write.
    func content(_ blob: BuiltBlob, claiming descriptor: Descriptor? = nil, failure: (any Error)? = nil) -> BlobContent
    {
        BlobContent(descriptor ?? blob.descriptor, from: HeldBlob(bytes: blob.bytes, failure: failure))
    }

    func image(_ number: UInt64 = 0) async throws -> BuiltImage {
        try await BuiltImage.random(seed: seed &+ number, layerSizes: [4096])
    }

    /// The bytes that a stream gives, which must be as many as it says.
    func bytes(of stream: ByteStream) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in stream { bytes += buffer.readableBytesView }
        try expect(bytes.count == stream.range.count, "a stream of \(stream.range) gave \(bytes.count) bytes")
        return bytes
    }

    func expect(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws {
        guard holds else { throw BrokenPromise(otherwise()) }
    }

    func expectThrow(_ otherwise: String, _ body: () async throws -> Void) async throws {
        do { try await body() } catch { return }
        throw BrokenPromise(otherwise)
    }
}

/// A blob as a source that need not tell the truth about it.
private struct HeldBlob: ContentSource {
    let bytes: [UInt8]
    /// What is thrown behind the first half of the bytes.
    let failure: (any Error)?

    func tags() -> Pages<TagEntry> { Pages([]) }
    func resolve(_ target: Target) async throws -> Descriptor? { nil }
    func document(at target: Target) async throws -> ManifestDocument? { nil }
    func contains(_ blob: Descriptor) async throws -> Bool { true }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let offset = range.lowerBound
        return ByteStream(range: offset..<descriptor.size) {
            var position = Int(offset)
            return {
                if let failure, position >= bytes.count / 2 { throw failure }
                guard position < bytes.count else { return nil }
                let end = min(position + max(4000, bytes.count / 16), bytes.count)
                defer { position = end }
                return ByteBuffer(bytes: bytes[position..<end])
            }
        }
    }
}
