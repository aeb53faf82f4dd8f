// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent
import Synchronization

/// A registry in this process that behaves as a product does, quirks and all, and tells what it was sent.
///
/// It is on loopback and in memory. Uploads are hashed as they come; of a blob above a bound only digest and length stay,
/// and the way to make it, if that was told by ``hold(_:size:in:stream:)``.
public final class ProductRegistry: Sendable {
    /// An upload, whatever became of it.
    public struct Upload: Hashable, Sendable {
        /// The name of the session.
        public let session: String
        /// The repository.
        public let repository: String
        /// The bytes of all its bodies, also of those that were thrown away.
        public let bytes: Int64
        /// What it became; `nil` if it is under way or was lost.
        public let digest: Digest?
    }

    /// A tag that was put before all that it needs was there, and was what it is called.
    public struct BrokenTag: Hashable, Sendable {
        /// The repository.
        public let repository: String
        /// The tag.
        public let tag: String
        /// The manifest.
        public let digest: Digest
        /// The blobs and manifests beneath it that were missing or wrong.
        public let missing: [Digest]
    }

    private let server: LoopbackServer
    private let desk: ProductDesk
    private let log: ExchangeLog

    private init(server: LoopbackServer, desk: ProductDesk, log: ExchangeLog) {
        self.server = server
        self.desk = desk
        self.log = log
    }

    /// Starts a registry without content on a port that the system chooses.
    /// - Parameter keptBlobSize: The longest blob whose bytes are kept, in bytes.
    public static func start(
        _ quirks: ProductQuirks = .strict,
        keptBlobSize: Int = 16 << 20,
        address: String = "127.0.0.1"
    ) async throws -> ProductRegistry {
        let desk = ProductDesk(quirks: quirks, keptBlobSize: keptBlobSize)
        let log = ExchangeLog()
        let server = try await LoopbackServer.start(address: address) { connection in
            await ProductConnection(connection: connection, desk: desk, log: log).serve()
        }
        return ProductRegistry(server: server, desk: desk, log: log)
    }

    /// The address and port, as they stand in a URL.
    public var host: String { server.host }
    /// The port.
    public var port: Int { server.port }
    /// How it behaves.
    public var quirks: ProductQuirks { desk.quirks }

    /// Changes how it behaves, from the next request on.
    public func change(_ body: (inout ProductQuirks) -> Void) {
        desk.state.withLock {
            body(&$0.quirks)
            $0.pullsLeft = $0.quirks.pulls
        }
    }

    /// The last 100,000 requests, with the bytes of their bodies and the statuses of their answers.
    public var exchanges: [PeerExchange] { log.exchanges }
    /// How many requests there were of one kind with one method, among ``exchanges``.
    public func count(_ method: String, _ kind: RequestTally.Kind) -> Int {
        exchanges.count { $0.method == method && $0.kind == kind }
    }

    /// All uploads in the order in which they began.
    public var uploads: [Upload] {
        desk.state.withLock { $0.sessions }
            .map {
                Upload(session: $0.id, repository: $0.repository, bytes: $0.received, digest: $0.digest)
            }
    }
    /// The bytes of the bodies of all uploads, also of those that came to nothing.
    public var uploadBytes: Int64 { uploads.reduce(0) { $0 + $1.bytes } }
    /// The bytes of the bodies of the uploads that became this blob.
    public func uploadBytes(of digest: Digest) -> Int64 {
        uploads.reduce(0) { $0 + ($1.digest == digest ? $1.bytes : 0) }
    }

    /// How many bodies of uploads ended with their connection before their time.
    public var cuts: Int { desk.state.withLock { $0.cuts } }

    /// The tags that were put too early, or over wrong content.
    public var brokenTags: [BrokenTag] { desk.state.withLock { $0.brokenTags } }

    /// Forgets the requests.
    public func reset() { log.reset() }
    /// Forgets the uploads that are under way: their next requests are answered with 404.
    public func forgetSessions() { desk.forgetSessions() }
    /// Cuts all connections, and forgets the uploads if the product does.
    public func restart() async {
        if !quirks.keepsSessions { desk.forgetSessions() }
        await server.cutConnections()
    }

    /// Makes an empty repository, for products that do not do so by themselves.
    public func create(_ repository: String) {
        desk.state.withLock { $0.store.repositories[repository] = $0.store.repositories[repository] ?? .init() }
    }

    /// The projects that were made by the product's own API, and whether everybody may read them.
    public var projects: [String: Bool] { desk.state.withLock { $0.projects } }

    /// Puts a blob into a repository.
    public func hold(_ bytes: [UInt8], in repository: String) -> Digest {
        let digest = Digester.digest(of: bytes)
        desk.add(digest, .kept(bytes), size: Int64(bytes.count), isTrue: true, to: repository)
        return digest
    }

    /// Puts a blob into a repository that is made while it is read; `stream` begins at an offset or before.
    public func hold(
        _ digest: Digest,
        size: Int64,
        in repository: String,
        stream: @escaping @Sendable (Int64) -> ByteStream
    ) {
        desk.add(digest, .made(stream), size: size, isTrue: true, to: repository)
    }

    /// Puts a manifest into a repository, under a tag if one is given, without any check.
    public func hold(_ manifest: ManifestDocument, in repository: String, as tag: String? = nil) {
        let held = ProductStore.Manifest(
            bytes: manifest.bytes,
            mediaType: "\(manifest.descriptor.mediaType)",
            digest: manifest.descriptor.digest
        )
        desk.state.withLock { $0.store.add(held, to: repository, as: tag) }
    }

    /// The manifest of a tag.
    public func digest(of tag: String, in repository: String) -> Digest? {
        desk.state.withLock { $0.store.repositories[repository]?.tags[tag] }
    }

    /// Whether a repository has a blob that is what its digest says.
    public func has(_ blob: Digest, in repository: String) -> Bool {
        desk.state.withLock { $0.store.blob(blob, in: repository)?.isTrue == true }
    }

    /// Closes all connections and stops listening.
    public func stop() async { await server.stop() }
}

/// Runs a registry of a product for as long as `body` runs.
public func withProductRegistry<Value: Sendable>(
    _ quirks: ProductQuirks = .strict,
    keptBlobSize: Int = 16 << 20,
    _ body: (ProductRegistry) async throws -> Value
) async throws -> Value {
    let registry = try await ProductRegistry.start(quirks, keptBlobSize: keptBlobSize)
    do {
        let value = try await body(registry)
        await registry.stop()
        return value
    } catch {
        await registry.stop()
        throw error
    }
}
