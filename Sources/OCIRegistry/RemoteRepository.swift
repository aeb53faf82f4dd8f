// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOHTTP1
public import OCI
public import OCIContent

/// One repository of a registry.
public struct RemoteRepository: Sendable {
    let name: RepositoryName
    let endpoint: RemoteEndpoint

    /// Requests on the repository in the role of its endpoint.
    var api: RegistryAPI {
        let actions: AccessScope.Actions = endpoint.side == .source ? .pull : .pullAndPush
        return endpoint.api(Authenticator.Access(repository: name, scopes: [.repository(name, actions)]))
    }

    func path(_ rest: String) -> String { "/v2/\(name)/\(rest)" }

    /// What a digest or tag of this repository is called in messages.
    func subject(_ target: Target) -> String { "\(name)\(target)" }

    func subject(_ digest: Digest) -> String { "\(name)@\(digest)" }
}

extension RemoteRepository: ContentIndex {
    /// The tags, in the order of the registry; a repository that is not there has none.
    ///
    /// Where the product lists what they point to, they come with that.
    public func tags() -> Pages<TagEntry> {
        endpoint.listing(.tags, { $0.tags(of: name, at: endpoint) }, else: plainTags())
    }

    /// The tags as the spec lists them.
    func plainTags() -> Pages<TagEntry> {
        api.listing(TagPage.self, path("tags/list"), during: .listTags, subject: name.text) { reply in
            // docker-registry also answers 404 for a repository that has blobs, but no tag.
            reply.status == 404 ? .empty : .failed
        } parse: { text in
            endpoint.tagName(text, of: name).map { TagEntry(tag: $0) }
        }
    }

    /// Asks by HEAD.
    ///
    /// Registries that give no digest in its answer are asked for the manifest itself.
    public func resolve(_ target: Target) async throws -> Descriptor? {
        var request = api.request(.HEAD, path("manifests/\(target.text)"), urgency: .urgent)
        request.headers = [Self.accept]
        let reply = try await api.send(request, during: .resolve, subject: subject(target))
        switch reply.status {
        case 404:
            try await reply.discard()
            return nil
        case 200:
            try await reply.discard()
            guard let digest = try digest(of: reply, during: .resolve, subject: subject(target)),
                let mediaType = reply.headers.first(name: "Content-Type").flatMap(MediaType.init(contentType:)),
                let size = reply.contentLength, size >= 0
            else { return try await document(at: target)?.descriptor }
            if mediaType.isSchema1 { throw ManifestError.schema1 }
            return Descriptor(mediaType: mediaType, digest: digest, size: size)
        default: throw try await api.error(from: reply, during: .resolve, subject: subject(target))
        }
    }

    /// Fetches a manifest and checks it against its digest, the one that was asked for or the one that the registry says.
    public func document(at target: Target) async throws -> ManifestDocument? {
        try await document(withEntityTagAt: target).document
    }

    /// The same, with the entity tag that the registry gives it.
    func document(
        withEntityTagAt target: Target
    ) async throws -> (document: ManifestDocument?, entityTag: String?) {
        let subject = subject(target)
        var request = api.request(.GET, path("manifests/\(target.text)"), urgency: .urgent)
        request.headers = [Self.accept]
        let reply = try await api.send(request, during: .readManifest, subject: subject)
        if reply.status == 404 {
            try await reply.discard()
            return (nil, nil)
        }
        guard reply.status == 200 else {
            let error = try await api.error(from: reply, during: .readManifest, subject: subject)
            throw error.isPullRefusal ? PullRefused(error) : error
        }
        if let length = reply.contentLength, length > ManifestDocument.maximumSize {
            throw ManifestError.tooLarge(Int(clamping: length))
        }
        let bytes = try await api.body(
            of: reply,
            upTo: ManifestDocument.maximumSize,
            during: .readManifest,
            subject: subject
        )
        let stated = try digest(of: reply, during: .readManifest, subject: subject)
        let expected: Digest? = if case .digest(let digest) = target { digest } else { stated }
        let actual = Digester.digest(of: bytes, algorithm: expected?.algorithm ?? .sha256)
        if let expected, actual != expected { throw ContentError.wrongDigest(expected: expected, actual: actual) }
        let document = try ManifestDocument(
            bytes: bytes,
            digest: actual,
            contentType: reply.headers.first(name: "Content-Type")
        )
        return (document, reply.headers.first(name: "ETag"))
    }

    /// Asks by HEAD.
    public func contains(_ blob: Descriptor) async throws -> Bool {
        let reply = try await api.send(
            api.request(.HEAD, path("blobs/\(blob.digest)")),
            during: .findBlob,
            subject: subject(blob.digest)
        )
        switch reply.status {
        case 200:
            try await reply.discard()
            if let length = reply.contentLength, length != blob.size {
                throw ContentError.wrongSize(blob.digest, expected: blob.size, stated: length)
            }
            return true
        case 404:
            try await reply.discard()
            return false
        default: throw try await api.error(from: reply, during: .findBlob, subject: subject(blob.digest))
        }
    }

    /// All kinds of manifest are asked for every time: without that, older registries convert what they have, and the
    /// result has another digest.
    private static let accept = (
        name: "Accept", value: MediaType.manifests.map(\.text).joined(separator: ", ")
    )

    /// The digest that an answer states; `nil` if it states none.
    func digest(of reply: Reply, during action: RegistryError.Action, subject: String) throws -> Digest? {
        guard let text = reply.headers.first(name: "Docker-Content-Digest") else { return nil }
        do { return try Digest(text) } catch {
            throw api.error(
                .answer("the digest in its header cannot be used: \(text.prefix(100))"),
                during: action,
                subject: subject
            )
        }
    }
}

extension RemoteRepository: ContentSource {
    /// The bytes of a part of a blob; a registry that does not serve ranges delivers all of it.
    public func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let subject = subject(descriptor.digest)
        var request = api.request(.GET, path("blobs/\(descriptor.digest)"))
        let tags = endpoint.registry.entityTags
        if let field = ContentRange.field(of: range, size: descriptor.size) {
            request.headers = [("Range", field)]
            // Whoever has other bytes under the name by now is to send all of them; of a part in the middle that would be too much.
            if range.upperBound >= descriptor.size, let tag = tags[descriptor.digest] {
                request.headers.append(("If-Range", tag))
            }
        }
        let reply = try await api.send(request, during: .readBlob, subject: subject)
        let delivered = try await delivered(by: reply, of: descriptor, asked: range)
        tags.note(reply.headers.first(name: "ETag"), of: descriptor.digest)
        return ByteStream(range: delivered) {
            var iterator = reply.bytes()
            return {
                do {
                    guard let buffer = try await iterator.next() else {
                        reply.slot.release()
                        return nil
                    }
                    return buffer
                } catch {
                    reply.slot.release()
                    throw api.error(streaming: error, during: .readBlob, subject: subject)
                }
            }
        }
    }

    /// Which bytes of a blob an answer has.
    private func delivered(
        by reply: Reply,
        of descriptor: Descriptor,
        asked range: Range<Int64>
    ) async throws -> Range<Int64> {
        func broken(_ what: String) -> RegistryError {
            api.error(.answer(what), during: .readBlob, subject: subject(descriptor.digest))
        }
        switch reply.status {
        case 200:
            if let length = reply.contentLength, length != descriptor.size {
                throw ContentError.wrongSize(descriptor.digest, expected: descriptor.size, stated: length)
            }
            return 0..<descriptor.size
        case 206:
            let stated = reply.headers.first(name: "Content-Range").flatMap(ContentRange.parse)
            guard let stated, stated.lowerBound <= range.lowerBound, stated.upperBound >= range.upperBound,
                stated.upperBound <= descriptor.size
            else { throw broken("not the range that was asked for") }
            return stated
        case 403 where reply.url.origin != endpoint.registry.transport.policy.origin:
            // A signed address that is over: the registry gives a new one when it is asked again.
            try await reply.discard()
            throw broken("its storage answered 403 to the address that it gave")
        case 404:
            try await reply.discard()
            throw ContentError.missing(descriptor.digest)
        default: throw try await api.error(from: reply, during: .readBlob, subject: subject(descriptor.digest))
        }
    }
}

/// The body of `GET /v2/<name>/tags/list`; docker-registry says `null` where a repository has lost its last tag.
private struct TagPage: ListingPage {
    let tags: [String?]?

    var names: [String?] { tags ?? [] }
}
