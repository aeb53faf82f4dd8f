// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent

/// What the API of Docker Hub answers (docs.docker.com/reference/api/hub/latest).
extension HubDesk {
    /// The longest page, whatever is asked for.
    private static let largestPage = 100

    func api(_ request: PeerRequest) async -> PeerReply {
        let left = takeAPIRequest()
        let reset = Int(Date().timeIntervalSince1970) + 60
        var headers: [(name: String, value: String)] = [
            ("X-RateLimit-Limit", "180"), ("X-RateLimit-Remaining", "\(max(left ?? 180, 0))"),
            ("X-RateLimit-Reset", "\(reset)"),
        ]
        if let left, left < 0 {
            headers.append(("Retry-After", "\(behaviour.retryAfter ?? 1)"))
            return .text(429, #"{"detail":"Rate limit exceeded","error":false}"#, headers: headers)
        }
        let parts = request.path.split(separator: "/").map(String.init)
        if request.method == "POST", parts == ["v2", "auth", "token"] { return logIn(request, headers) }
        guard request.method == "GET" else { return PeerReply(405, headers: headers) }
        if let status = behaviour.apiRefusal { return .text(status, #"{"detail":"no"}"#, headers: headers) }
        let user: String?
        if let header = request.header("authorization") {
            guard let known = apiUser(header) else {
                return .text(401, #"{"detail":"Invalid authentication credentials"}"#, headers: headers)
            }
            user = known
        } else {
            user = nil
        }
        switch (parts.count, parts.first, parts.dropFirst().first, parts.last) {
        case (3, "v2", "repositories", _): return await repositories(of: parts[2], user, request, headers)
        case (6, "v2", "namespaces", "tags"):
            return await apiTags(of: "\(parts[2])/\(parts[4])", user, request, headers)
        default: return .text(404, #"{"message":"not found","errinfo":{}}"#, headers: headers)
        }
    }

    private func logIn(_ request: PeerRequest, _ headers: [(name: String, value: String)]) -> PeerReply {
        struct Body: Decodable {
            let identifier: String
            let secret: String
        }
        let body = try? JSONDecoder().decode(Body.self, from: Data(request.body))
        guard let body, behaviour.users[body.identifier] == body.secret else {
            return .text(401, #"{"detail":"Incorrect authentication credentials"}"#, headers: headers)
        }
        return .text(200, #"{"access_token":"\#(makeAPIToken(for: body.identifier))"}"#, headers: headers)
    }

    private func repositories(
        of namespace: String,
        _ user: String?,
        _ request: PeerRequest,
        _ headers: [(name: String, value: String)]
    ) async -> PeerReply {
        let all = (try? await source.catalog().all()) ?? []
        let names = all.map(\.text)
            .filter { $0.hasPrefix("\(namespace)/") && isVisible($0, to: user) }
            .map { $0.dropFirst(namespace.count + 1) }
        guard !names.isEmpty else { return .text(404, #"{"message":"object not found"}"#, headers: headers) }
        return page(of: names.sorted(), request, headers) { names in
            names.map { #"{"name":"\#($0)","namespace":"\#(namespace)","repository_type":"image","is_private":false}"# }
        }
    }

    private func apiTags(
        of name: String,
        _ user: String?,
        _ request: PeerRequest,
        _ headers: [(name: String, value: String)]
    ) async -> PeerReply {
        guard isVisible(name, to: user), let repository = try? RepositoryName(name),
            let entries = try? await source.source(repository).tags().all(), !entries.isEmpty
        else { return .text(404, #"{"message":"httperror 404: object not found","errinfo":{}}"#, headers: headers) }
        let content = source.source(repository)
        var described: [String: String] = [:]
        for entry in slice(of: entries, request).page {
            described[entry.tag.text] = await tag(entry.tag, content)
        }
        return page(of: entries, request, headers) { $0.compactMap { described[$0.tag.text] } }
    }

    /// A tag with its images, as far as that is wanted.
    private func tag(_ tag: TagName, _ content: any ContentSource) async -> String? {
        guard let document = try? await content.document(at: .tag(tag)) else { return nil }
        var images: [(digest: Digest, size: Int64)] = []
        for child in document.manifest.children {
            let manifest = try? await content.document(at: .digest(child.digest))
            images.append((child.digest, manifest?.manifest.blobs.reduce(0) { $0 + $1.size } ?? 0))
        }
        if images.isEmpty {
            images = [(document.descriptor.digest, document.manifest.blobs.reduce(0) { $0 + $1.size })]
        }
        let listed = images.map {
            #"{"architecture":"amd64","os":"linux","variant":null,"digest":"\#($0.digest)","size":\#($0.size)}"#
        }
        let digest =
            behaviour.tagsWithoutDigest.contains(tag.text) ? "null" : "\"\(document.descriptor.digest)\""
        return """
            {"creator":1,"id":2,"images":[\(listed.joined(separator: ","))],\
            "last_updated":"2026-01-05T21:06:53.506400Z","name":"\(tag)","full_size":\(images.first?.size ?? 0),\
            "tag_status":"active","tag_last_pushed":"2026-01-05T21:06:53.506400Z","media_type":"\
            \(document.descriptor.mediaType)","content_type":"image","digest":\(digest)}
            """
    }

    private func slice<Element>(of all: [Element], _ request: PeerRequest) -> (page: ArraySlice<Element>, number: Int) {
        let size = min(request.query("page_size").flatMap { Int($0) } ?? 10, Self.largestPage)
        let number = request.query("page").flatMap { Int($0) } ?? 1
        return (all.dropFirst((number - 1) * size).prefix(size), number)
    }

    private func page<Element>(
        of all: [Element],
        _ request: PeerRequest,
        _ headers: [(name: String, value: String)],
        _ results: (ArraySlice<Element>) -> [String]
    ) -> PeerReply {
        let (page, number) = slice(of: all, request)
        let size = min(request.query("page_size").flatMap { Int($0) } ?? 10, Self.largestPage)
        let next =
            page.endIndex < all.count
            ? "\"\(behaviour.apiURL ?? "")\(request.path)?page=\(number + 1)&page_size=\(size)\"" : "null"
        let body = """
            {"count":\(all.count),"next":\(next),"previous":null,"results":[\(results(page).joined(separator: ","))]}
            """
        return .text(200, body, headers: headers)
    }

    private func isVisible(_ name: String, to user: String?) -> Bool {
        user != nil || !behaviour.privateRepositories.contains(name)
    }
}
