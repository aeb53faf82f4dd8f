// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

/// A repository that does what a test says.
struct ScriptedRepository: ContentSource, ContentSink {
    /// What a blob's stream does, step by step; it ends after the last step.
    enum Step: Sendable {
        case bytes([UInt8])
        case fail(any Error)
        case cancel
    }

    /// The offsets that blobs were opened at.
    let openings = Recorder<Int64>()
    /// The names of the other calls.
    let calls = Recorder<String>()
    private let open: @Sendable (_ attempt: Int, _ offset: Int64) async throws -> ByteStream
    private let answer: @Sendable (_ attempt: Int) async throws -> Void

    /// A repository of one blob, which answers everything else.
    init(open: @escaping @Sendable (_ attempt: Int, _ offset: Int64) async throws -> ByteStream) {
        self.open = open
        answer = { _ in }
    }

    /// A repository without blobs that does something before it answers; attempts count from 1.
    init(answer: @escaping @Sendable (_ attempt: Int) async throws -> Void = { _ in }) {
        open = { _, _ in throw Fault(isTransient: false) }
        self.answer = answer
    }

    /// A blob whose stream does the given steps, whatever the offset.
    init(range: Range<Int64>, _ steps: [Step]) {
        self.init { _, _ in Self.stream(range, steps) }
    }

    static func stream(_ range: Range<Int64>, _ steps: [Step]) -> ByteStream {
        ByteStream(range: range) {
            var rest = steps[...]
            return {
                switch rest.popFirst() {
                case .bytes(let bytes): return ByteBuffer(bytes: bytes)
                case .fail(let error): throw error
                case .cancel:
                    cancelCurrentTask()
                    throw CancellationError()
                case nil: return nil
                }
            }
        }
    }

    func tags() -> Pages<TagEntry> {
        Pages {
            var isRead = false
            return {
                if isRead { return nil }
                try await answer(calls.record("tags"))
                isRead = true
                return [TagEntry(tag: .latest)]
            }
        }
    }

    func resolve(_ target: Target) async throws -> Descriptor? {
        try await answer(calls.record("resolve"))
        return nil
    }

    func document(at target: Target) async throws -> ManifestDocument? {
        try await answer(calls.record("document"))
        return nil
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await answer(calls.record("contains"))
        return true
    }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        try await open(openings.record(range.lowerBound), range.lowerBound)
    }

    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        try await answer(calls.record("write blob"))
        for try await _ in try await blob.open().stream {}
        return .copied
    }

    func write(_ manifest: ManifestDocument) async throws { try await answer(calls.record("write manifest")) }

    func publish(_ root: ManifestDocument, as tag: TagName) async throws { try await answer(calls.record("publish")) }
}

/// Content that is made of texts.
enum Fixture {
    static func blob(_ bytes: [UInt8], algorithm: Digest.Algorithm = .sha256) -> Descriptor {
        Descriptor(
            mediaType: .ociLayerGzip,
            digest: Digester.digest(of: bytes, algorithm: algorithm),
            size: Int64(bytes.count)
        )
    }

    static func json(_ descriptor: Descriptor) -> String {
        #"{"mediaType":"\#(descriptor.mediaType)","digest":"\#(descriptor.digest)","size":\#(descriptor.size)}"#
    }

    static func image(config: Descriptor, layers: [Descriptor] = []) throws -> ManifestDocument {
        let layers = layers.map(json).joined(separator: ",")
        return try document(#"{"schemaVersion":2,"config":\#(json(config)),"layers":[\#(layers)]}"#)
    }

    static func index(_ children: [Descriptor]) throws -> ManifestDocument {
        try document(#"{"schemaVersion":2,"manifests":[\#(children.map(json).joined(separator: ","))]}"#)
    }

    static func document(_ text: String) throws -> ManifestDocument {
        let bytes = Array(text.utf8)
        return try ManifestDocument(bytes: bytes, digest: Digester.digest(of: bytes), contentType: nil)
    }

    /// Bytes no two of which in a row are equal, so that shifted content is noticed.
    static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 251) } }
}

extension ByteStream {
    /// All bytes of the stream.
    func collect() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in self { bytes += buffer.readableBytesView }
        return bytes
    }
}

/// What a body throws.
func failure<Value>(of body: () async throws -> Value) async -> (any Error)? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
