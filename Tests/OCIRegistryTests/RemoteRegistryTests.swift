// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import OCITestKit
import Synchronization
import Testing

@testable import OCIRegistry

/// Everything that opens a socket.
///
/// Swift Testing starts all cases at once, and suites that are serialized for themselves still run side by side: one
/// parent, extended in the other files, keeps connections and times of one case from those of another.
@Suite(.serialized, .timeLimit(.minutes(1))) struct RemoteRegistryTests {}

extension RegistryLimits {
    /// Limits that nothing on loopback comes near to.
    static let patient = RegistryLimits(
        requests: 4,
        connectTimeout: .seconds(20),
        idleTimeout: .seconds(20),
        commitTimeout: .seconds(20),
        piecesAbove: .max
    )
    /// Limits that a test can wait for.
    static let impatient = RegistryLimits(
        requests: 4,
        connectTimeout: .seconds(5),
        idleTimeout: .milliseconds(300),
        commitTimeout: .milliseconds(400),
        piecesAbove: .max
    )
}

/// Runs a client of the registry at an address for as long as `body` runs.
@discardableResult
func withRegistry<Value: Sendable>(
    at host: String,
    scheme: Scheme = .http,
    limits: RegistryLimits = .patient,
    addresses: [String: String] = [:],
    clock: any Clock<Duration> = ContinuousClock(),
    _ body: (RemoteRegistry) async throws -> Value
) async throws -> Value {
    let registry = RemoteRegistry(
        host: try RegistryHost(host),
        scheme: scheme,
        limits: limits,
        product: .oci,
        userAgent: "mirror/test",
        addresses: addresses,
        clock: clock
    )
    do {
        let value = try await body(registry)
        try await registry.shutdown()
        return value
    } catch {
        try await registry.shutdown()
        throw error
    }
}

/// Runs a client of a scripted peer for as long as `body` runs.
@discardableResult
func withRegistry<Value: Sendable>(
    limits: RegistryLimits = .patient,
    clock: any Clock<Duration> = ContinuousClock(),
    _ script: @escaping ScriptedPeer.Script,
    early: @escaping ScriptedPeer.EarlyScript = { _ in nil },
    _ body: (RemoteRegistry, ScriptedPeer) async throws -> Value
) async throws -> Value {
    try await withScriptedPeer(script, early: early) { peer in
        try await withRegistry(at: peer.host, limits: limits, clock: clock) { try await body($0, peer) }
    }
}

extension RemoteRegistry {
    /// The repository that most tests are about.
    func app() throws -> RemoteRepository { endpoint()[try RepositoryName("team/app")] }
}

extension RetryPolicy {
    /// Repeats without pauses worth waiting for.
    static let quick = RetryPolicy(firstPause: .milliseconds(1), longestPause: .milliseconds(5))
}

extension PeerReply {
    /// A place to upload to, as docker-registry gives it.
    static let session = PeerReply(202, headers: [("Location", "/v2/team/app/blobs/uploads/1?_state=x%3D")])

    /// Takes every blob.
    static func uploads(_ request: PeerRequest) -> PeerReply {
        switch request.method {
        case "POST": session
        case "PUT": PeerReply(201)
        default: PeerReply(404)
        }
    }

    /// A manifest as registries send it.
    static func manifest(
        _ document: ManifestDocument,
        contentType: String? = nil,
        headers: [(name: String, value: String)] = []
    ) -> PeerReply {
        PeerReply(
            headers: [("Content-Type", contentType ?? document.descriptor.mediaType.text)] + headers,
            body: .bytes(document.bytes)
        )
    }
}

extension RegistryError {
    /// The status that was answered, if that is the cause.
    var status: Int? { if case .status(let status, _) = cause { status } else { nil } }
    /// The error codes of the answer.
    var codes: [String] { if case .status(_, let errors) = cause { errors.map(\.code) } else { [] } }
    /// Why no answer came, if that is the cause.
    var failure: ConnectionFailure? { if case .connection(let failure) = cause { failure } else { nil } }
    /// What was refused, if that is the cause.
    var refusal: OutboundRefusal? { if case .refused(let refusal) = cause { refusal } else { nil } }
    /// What is wrong with the answer, if that is the cause.
    var complaint: String? { if case .answer(let text) = cause { text } else { nil } }
}

/// A repository whose blobs are all the same stream.
struct StubSource: ContentSource {
    let open: @Sendable () async throws -> ByteStream

    func tags() -> Pages<TagEntry> { Pages([]) }
    func resolve(_ target: Target) async throws -> Descriptor? { nil }
    func document(at target: Target) async throws -> ManifestDocument? { nil }
    func contains(_ blob: Descriptor) async throws -> Bool { false }
    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream { try await open() }
}

extension BlobContent {
    /// A blob in memory.
    init(_ blob: BuiltBlob) {
        self.init(blob.descriptor, from: StubSource { ByteStream(ByteBuffer(bytes: blob.bytes)) })
    }

    /// A blob of one byte many times, which needs no memory.
    static func repeating(_ byte: UInt8, count: Int64) async throws -> BlobContent {
        let descriptor = try await Descriptor.repeating(byte, count: count)
        return BlobContent(descriptor, from: StubSource { .repeating(byte, count: count) })
    }
}

extension Descriptor {
    /// Describes a blob of one byte many times.
    static func repeating(_ byte: UInt8, count: Int64) async throws -> Descriptor {
        var digester = Digester(.sha256)
        for try await buffer in ByteStream.repeating(byte, count: count) { digester.update(buffer) }
        return Descriptor(mediaType: .ociLayerGzip, digest: digester.digest(), size: count)
    }
}

extension ByteStream {
    /// All bytes.
    func collected() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in self { bytes += buffer.readableBytesView }
        return bytes
    }
}
