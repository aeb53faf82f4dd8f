// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import OCI
public import OCIContent

/// A request, before it is sent.
struct Exchange {
    /// Whether an exchange reads from a host or writes to it; each direction has its own connections and its own gate,
    /// so that a copy inside one registry can never wait for itself.
    enum Direction { case reading, writing }

    /// What is sent with a request.
    enum Body {
        case none
        case bytes(ByteBuffer)
        /// A blob or a part of it, and the reading that it comes from.
        case blob(ByteStream, of: BlobContent.Reading)
    }

    var method: HTTPMethod
    var url: RequestURL
    var headers: [(name: String, value: String)] = []
    var body: Body = .none
    var urgency: Slots.Urgency = .ordinary
    /// What a token must allow for it.
    var access: Authenticator.Access
    /// What it shows of who asks.
    var identification = Identification.negotiated
    /// What it is for, where its method and path do not tell.
    var kind: RequestRecord.Kind?

    /// What a request shows of who asks.
    enum Identification {
        /// What the registry asks for in its challenges.
        case negotiated
        /// This header, or none: the service's documentation says what it wants.
        case fixed(Secret?)
    }

    /// Whether the registry may have to hash or move a blob before it answers.
    var isCommit = false

    /// Whether it carries a blob, which cannot be sent a second time.
    var isStreaming: Bool { if case .blob = body { true } else { false } }

    var direction: Direction { method == .GET || method == .HEAD ? .reading : .writing }
}

/// The head of an answer and the way to its body; it holds its place at the gate until the body was read.
struct Reply: Sendable {
    let url: RequestURL
    let status: Int
    let headers: HTTPHeaders
    let body: HTTPClientResponse.Body
    let slot: Slots.Slot
    /// The gate that the slot is of.
    let gate: RequestGate
    /// How long nothing, or hardly anything, may come of the body.
    let idleTimeout: Duration
    /// Ends the reading of the body when it stops coming; `nil` where the HTTP client does so itself.
    let watchdog: ProgressWatchdog?
    /// The head of the refusal that made the request be sent again, with what the registry wanted to see.
    var refusal: HTTPHeaders?

    /// The length of the body, where the answer says it.
    var contentLength: Int64? { headers.first(name: "Content-Length").flatMap(Int64.init) }

    /// Reads the whole body, which must not be longer than `limit` bytes.
    /// - Parameter keepingSlot: Whether the place at the gate is kept, for the next request of the same chain.
    /// - Returns: `nil` for a longer one.
    func collect(upTo limit: Int, keepingSlot: Bool = false) async throws -> [UInt8]? {
        defer { if !keepingSlot { slot.release() } }
        if let contentLength, contentLength > limit { return nil }
        return try await readToEnd(upTo: limit)
    }

    private func readToEnd(upTo limit: Int) async throws -> [UInt8]? {
        guard let watchdog else { return try await read(upTo: limit) }
        let progress = ProgressWatchdog.Progress(.answering)
        return try await watchdog.run(progress) { try await read(upTo: limit) { progress.entered(.answering) } }
    }

    /// Begins the reading of the body.
    func bytes() -> ReplyBytes { ReplyBytes(body, gate: gate, idleTimeout: idleTimeout) }

    private func read(upTo limit: Int, progressed: () -> Void = {}) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        var body = self.bytes()
        while let buffer = try await body.next() {
            progressed()
            guard bytes.count + buffer.readableBytes <= limit else { return nil }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }

    /// Reads a body that nobody wants, so that its connection can be used again.
    ///
    /// The stated length does not count: after HEAD it is that of a body that does not come.
    /// A long one is given up together with the connection, as is one that does not come to its end: the head has said
    /// all that counts.
    /// - Parameter keepingSlot: Whether the place at the gate is kept, for the next request of the same chain.
    /// - Throws: `CancellationError`.
    func discard(keepingSlot: Bool = false) async throws {
        defer { if !keepingSlot { slot.release() } }
        do { _ = try await readToEnd(upTo: 64 << 10) } catch { try Task.checkCancellation() }
    }
}

/// One request as it went, for those who count or watch.
public struct RequestRecord: Sendable {
    /// What a request is for, as far as those who count care.
    public enum Kind: Hashable, Sendable {
        /// Asks for a page of tags or repositories.
        case listing
        /// Asks what a tag points to, without fetching it.
        case question
        /// Fetches a manifest, which registries with a pull limit count.
        case manifest
        /// Asks whether a blob is there.
        case blobQuestion
        /// Asks what refers to a manifest.
        case referrers
        /// Anything else.
        case other

        /// What a request to a registry is for, by its method and path.
        ///
        /// Names of repositories are free, so that only what follows the last keyword counts.
        init(method: String, path: String) {
            let parts = path.split(separator: "/").suffix(3)
            switch (method, parts.dropLast().last, parts.last) {
            case ("GET", _, "_catalog"), ("GET", "tags", "list"): self = .listing
            case ("HEAD", "manifests", _): self = .question
            case ("GET", "manifests", _): self = .manifest
            case ("HEAD", "blobs", _): self = .blobQuestion
            case ("GET", "referrers", _): self = .referrers
            default: self = .other
            }
        }
    }

    /// What the request is for.
    public let kind: Kind
    /// The method.
    public let method: String
    /// The URL, without what is secret in it.
    public let url: String
    /// The host that was asked, with its port.
    public let host: String
    /// The status of the answer; `nil` if none came.
    public let status: Int?
    /// How long it took until the head of the answer came.
    public let duration: Duration
    /// The registry whose answer it is, as the user named it; `nil` for other hosts.
    public var registry: RegistryHost?
    /// How many manifests may still be fetched there, where the answer says it.
    public var pullLimit: PullLimit?
}
