// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

/// What the registry and the place of the blobs answer.
extension HubDesk {
    private static let version = [(name: "Docker-Distribution-Api-Version", value: "registry/2.0")]

    /// The repository that one may ask, by HEAD, how many pulls are left.
    private static let preview = "ratelimitpreview/test"

    /// The answer of the registry.
    func answer(_ request: PeerRequest) async -> PeerReply {
        if refusesAsAbuse() {
            return .text(429, "<html><body><h1>429 Too Many Requests</h1></body></html>", contentType: "text/html")
        }
        let grant = grant(of: request)
        let kind = RequestTally.Kind(path: request.path)
        switch kind {
        case .ping: return grant == nil ? challenge(request, nil) : .text(200, "{}", headers: Self.version)
        // Nobody gets a token for it.
        case .catalog: return challenge(request, TokenScope(type: "registry", name: "catalog", actions: ["*"]))
        case .other: return .text(404, "404 page not found", contentType: "text/plain")
        case .tags, .manifest, .blob, .uploadStart, .uploadData: break
        }
        let parts = request.path.split(separator: "/").map(String.init)
        let isUpload = kind == .uploadStart || kind == .uploadData
        let end = isUpload ? parts.lastIndex(of: "blobs") ?? parts.count : parts.count - 2
        guard let name = try? RepositoryName(parts[1..<max(end, 1)].joined(separator: "/")) else {
            return .error(400, "NAME_INVALID", "invalid repository name")
        }
        let isRead = !isUpload && (request.method == "GET" || request.method == "HEAD")
        let actions = isRead ? ["pull"] : request.method == "DELETE" ? ["delete"] : ["pull", "push"]
        guard let grant, let scope = grant.scopes.first(where: { $0.type == "repository" && $0.name == name.text }),
            scope.actions.contains("pull"), isRead
        else { return challenge(request, TokenScope(name: name.text, actions: actions)) }
        switch kind {
        case .tags: return await tags(request, of: name)
        case .manifest: return await manifest(request, of: name, at: parts[end + 1], user: grant.user)
        default: return await blob(of: name, parts[end + 1])
        }
    }

    private func challenge(_ request: PeerRequest, _ scope: TokenScope?) -> PeerReply {
        var challenge = #"Bearer realm="\#(behaviour.authURL ?? "")/token",service="\#(HubDouble.service)""#
        if let scope { challenge += #",scope="\#(scope)""# }
        if grant(of: request) != nil {
            challenge += #",error="insufficient_scope""#
        } else if request.header("authorization") != nil {
            challenge += #",error="invalid_token""#
        }
        let headers = Self.version + [(name: "WWW-Authenticate", value: challenge)]
        return .error(401, "UNAUTHORIZED", "authentication required", headers: headers)
    }

    private func tags(_ request: PeerRequest, of name: RepositoryName) async -> PeerReply {
        guard let entries = try? await source.source(name).tags().all(), !entries.isEmpty else {
            return .error(404, "NAME_UNKNOWN", "repository name not known to registry", headers: Self.version)
        }
        let last = request.query("last")
        let rest = entries.map(\.tag).sorted().filter { tag in last.map { tag.text > $0 } ?? true }
        let size = min(request.query("n").flatMap { Int($0) } ?? behaviour.pageSize, behaviour.pageSize)
        let page = rest.prefix(size)
        var headers = Self.version
        if rest.count > page.count, let end = page.last {
            headers.append(("Link", "</v2/\(name)/tags/list?last=\(end)&n=\(size)>; rel=\"next\""))
        }
        let list = page.map { "\"\($0)\"" }.joined(separator: ",")
        return .text(200, #"{"name":"\#(name)","tags":[\#(list)]}"#, headers: headers)
    }

    private func manifest(
        _ request: PeerRequest,
        of name: RepositoryName,
        at reference: String,
        user: String?
    ) async -> PeerReply {
        if name.text == Self.preview, request.method == "HEAD" {
            return PeerReply(200, headers: Self.version + pullHeaders(user))
        }
        let target = (try? Digest(reference)).map(Target.digest) ?? (try? TagName(reference)).map(Target.tag)
        guard let target, let document = try? await source.source(name).document(at: target) else {
            return .error(404, "MANIFEST_UNKNOWN", "manifest unknown", headers: Self.version)
        }
        // A HEAD costs nothing.
        guard request.method == "HEAD" || takePull(user) else {
            let retry = behaviour.retryAfter.map { [(name: "Retry-After", value: "\($0)")] } ?? []
            return .error(
                429,
                "TOOMANYREQUESTS",
                """
                You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: \
                https://www.docker.com/increase-rate-limit
                """,
                headers: Self.version + pullHeaders(user) + retry
            )
        }
        let digest = document.descriptor.digest
        return PeerReply(
            200,
            headers: Self.version + pullHeaders(user) + [
                ("Content-Type", "\(document.descriptor.mediaType)"), ("Docker-Content-Digest", "\(digest)"),
                ("ETag", "\"\(digest)\""),
            ],
            body: .bytes(document.bytes)
        )
    }

    /// By GET and by HEAD.
    private func blob(of name: RepositoryName, _ reference: String) async -> PeerReply {
        guard let digest = try? Digest(reference),
            (try? await source.source(name).contains(Self.descriptor(digest))) == true
        else { return .error(404, "BLOB_UNKNOWN", "blob unknown to registry", headers: Self.version) }
        return PeerReply(307, headers: Self.version + [("Location", link(to: digest, in: name))])
    }

    /// The answer of the place of the blobs; as an object store does it refuses those who say who they are a second time.
    func content(_ request: PeerRequest) async -> PeerReply {
        func refusal(_ status: Int, _ code: String) -> PeerReply {
            .text(status, "<Error><Code>\(code)</Code></Error>", contentType: "application/xml")
        }
        guard request.header("authorization") == nil else { return refusal(400, "InvalidArgument") }
        guard request.method == "GET" || request.method == "HEAD" else { return refusal(405, "MethodNotAllowed") }
        guard let (digest, name) = linked(request) else { return refusal(403, "AccessDenied") }
        let asked = request.header("range").flatMap(Self.range)
        guard let stream = try? await source.source(name).blob(Self.descriptor(digest), from: asked?.lowerBound ?? 0)
        else { return refusal(404, "NoSuchKey") }
        let size = stream.range.upperBound
        let type = [
            (name: "Content-Type", value: "application/octet-stream"), (name: "Accept-Ranges", value: "bytes"),
        ]
        func cut(_ reply: PeerReply) -> PeerReply {
            cutsBlob(of: size) ? reply.failing(.cut(afterBodyBytes: 512 << 10, by: .reset)) : reply
        }
        guard let asked else { return cut(PeerReply(200, headers: type, body: .stream(stream))) }
        guard asked.lowerBound < size else { return refusal(416, "InvalidRange") }
        let delivered = asked.clamped(to: 0..<size)
        let range = "bytes \(delivered.lowerBound)-\(delivered.upperBound - 1)/\(size)"
        return cut(
            PeerReply(
                206,
                headers: type + [("Content-Range", range)],
                body: .stream(stream.part(delivered))
            )
        )
    }

    /// The one range of `bytes=FROM-` or `bytes=FROM-TO`.
    private static func range(_ header: String) -> Range<Int64>? {
        guard header.hasPrefix("bytes=") else { return nil }
        let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = Int64(parts[0]), from >= 0 else { return nil }
        if parts[1].isEmpty { return from..<Int64.max }
        guard let to = Int64(parts[1]), to >= from, to < .max else { return nil }
        return from..<to + 1
    }

    /// Sources find blobs by digest.
    private static func descriptor(_ digest: Digest) -> Descriptor {
        Descriptor(mediaType: .ociLayerGzip, digest: digest, size: 0)
    }
}

extension ByteStream {
    /// Some of the bytes of a stream; what comes before them is dropped.
    fileprivate func part(_ wanted: Range<Int64>) -> ByteStream {
        ByteStream(range: wanted) {
            var rest = makeAsyncIterator()
            var position = range.lowerBound
            return {
                while position < wanted.upperBound, var buffer = try await rest.next() {
                    let begin = position
                    position += Int64(buffer.readableBytes)
                    buffer.moveReaderIndex(
                        forwardBy: Int(Swift.min(Swift.max(wanted.lowerBound - begin, 0), position - begin))
                    )
                    let surplus = Int(Swift.max(position - wanted.upperBound, 0))
                    if let slice = buffer.readSlice(length: buffer.readableBytes - surplus), slice.readableBytes > 0 {
                        return slice
                    }
                }
                return nil
            }
        }
    }
}
