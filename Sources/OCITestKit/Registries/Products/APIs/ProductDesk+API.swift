// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Synchronization

/// The APIs that products have beside the specification's, as far as they list repositories and tags.
extension ProductDesk {
    /// One tag with what the APIs say about it.
    struct ListedTag {
        let name: String
        let manifest: ProductStore.Manifest
        /// In seconds since 1970.
        let pushed: Int64

        /// The bytes of all that an image points to.
        var size: Int64 { (manifest.document?.manifest.blobs ?? []).reduce(0) { $0 + $1.size } }
        var children: [Descriptor] { manifest.document?.manifest.children ?? [] }
        /// `2026-01-01T00:01:00.000Z`.
        var date: String {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            return Date(timeIntervalSince1970: TimeInterval(pushed)).formatted(style)
        }
    }

    /// The answer to a request that is not the specification's; `nil` where there is nothing.
    func api(_ request: PeerRequest) -> PeerReply? {
        let quirks = quirks
        guard let api = quirks.api else { return nil }
        if let refusal = quirks.apiRefusal { return refusal }
        switch api {
        case .google: return nil
        case .azure: return azure(request)
        case .harbor: return harbor(request)
        case .quay: return quay(request)
        case .gitlab: return gitLab(request)
        case .github: return gitHub(request)
        }
    }

    /// Whether a request shows what the API wants to see.
    func isLetIn(_ request: PeerRequest) -> Bool {
        quirks.apiAuthorization.map { $0 == request.header("authorization") } ?? true
    }

    /// The tags of a repository in their order; `nil` for one that is not there.
    func listedTags(of name: String) -> [ListedTag]? {
        state.withLock { $0.store.repositories[name] }
            .map { repository in
                repository.tags
                    .compactMap { tag, digest in
                        repository.manifests[digest]
                            .map {
                                ListedTag(name: tag, manifest: $0, pushed: repository.pushes[tag] ?? 0)
                            }
                    }
                    .sorted { $0.name < $1.name }
            }
    }

    /// The names of all repositories in their order.
    var repositoryNames: [String] { state.withLock { $0.store.repositories.keys.sorted() } }

    /// The repositories below a name.
    func repositories(below name: String) -> [String] { repositoryNames.filter { $0.hasPrefix("\(name)/") } }

    /// A page by its number, as `parameter` of the query limits its length.
    func numbered<Item>(
        _ items: [Item],
        _ request: PeerRequest,
        size parameter: String
    ) -> (items: [Item], number: Int, isLast: Bool) {
        let wanted = request.query(parameter).flatMap { Int($0) } ?? 20
        let size = max(1, min(wanted, quirks.apiPageSize))
        let number = max(1, request.query("page").flatMap { Int($0) } ?? 1)
        let start = min(items.count, (number - 1) * size)
        let page = items[start..<min(items.count, start + size)]
        return (Array(page), number, start + size >= items.count)
    }

    /// The header that leads from a numbered page to the next.
    func nextLink(_ request: PeerRequest, after number: Int, before: String = "") -> [(name: String, value: String)] {
        var query = request.uri.drop { $0 != "?" }.dropFirst().split(separator: "&").map(String.init)
        let place = query.firstIndex { $0.hasPrefix("page=") }
        if let place { query[place] = "page=\(number + 1)" } else { query.append("page=\(number + 1)") }
        let target = "\(before)\(request.path)?\(query.joined(separator: "&"))"
        return [("Link", "<\(target)>; rel=\"next\"")]
    }

    /// A page of names behind `last`, as the specification's lists have it.
    func named<Item>(
        _ items: [Item],
        _ request: PeerRequest,
        _ name: (Item) -> String
    ) -> (items: [Item], link: [(name: String, value: String)]) {
        let rest = request.query("last").map { last in items.filter { name($0) > last } } ?? items
        let size = max(1, min(request.query("n").flatMap { Int($0) } ?? 100, quirks.apiPageSize))
        let page = Array(rest.prefix(size))
        guard page.count < rest.count, let last = page.last else { return (page, []) }
        return (page, [("Link", "<\(request.path)?last=\(name(last))&n=\(size)>; rel=\"next\"")])
    }
}

extension PeerReply {
    /// A path that nobody serves.
    static let notFound = PeerReply.text(404, "404 page not found\n", contentType: "text/plain")

    /// An answer with a value as JSON, whose keys most products write in `snake_case`.
    static func json(
        _ value: some Encodable,
        status: Int = 200,
        headers: [(name: String, value: String)] = [],
        keys: JSONEncoder.KeyEncodingStrategy = .convertToSnakeCase
    ) -> PeerReply {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = keys
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
        return text.map { .text(status, $0, headers: headers) } ?? PeerReply(500)
    }
}
