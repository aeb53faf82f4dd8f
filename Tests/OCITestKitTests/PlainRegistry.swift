// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import OCI
import OCIContent
import OCITestKit

/// The simplest endpoint over a real registry, everything in memory: it shows that the promises can be kept there.
struct PlainRegistry: SourceEndpoint, SinkEndpoint {
    let host: String
    var name: String { host }

    func check() async throws { _ = try await ask("GET", "/v2/", expecting: [200]) }

    func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> {
        listing("/v2/_catalog?n=1000") { try JSONDecoder().decode(Listing.self, from: $0).repositories ?? [] }
    }

    func source(_ repository: RepositoryName) -> any ContentSource { PlainRepository(name: repository, registry: self) }
    func sink(_ repository: RepositoryName) -> any ContentSink { PlainRepository(name: repository, registry: self) }
    func finish() async throws {}

    struct Listing: Decodable {
        var repositories: [String]?
        var tags: [String]?
    }

    struct Unexpected: Error {
        let uri: String
        let status: Int
        let body: String
    }

    func listing<Name>(_ uri: String, names: @escaping @Sendable (Data) throws -> [String]) -> Pages<Name>
    where Name: Sendable & ListedName {
        Pages {
            var asked = false
            return {
                if asked { return nil }
                asked = true
                let reply = try await ask("GET", uri, expecting: [200, 404])
                return reply.status == 404 ? [] : try names(Data(reply.body)).map { try Name(listed: $0) }
            }
        }
    }

    func ask(
        _ method: String,
        _ uri: String,
        fields: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        expecting statuses: Set<Int>
    ) async throws -> PlainHTTP.Reply {
        let reply = try await PlainHTTP.request(method, host, uri, fields: fields, body: body)
        guard statuses.contains(reply.status) else {
            throw Unexpected(uri: uri, status: reply.status, body: String(decoding: reply.body, as: UTF8.self))
        }
        return reply
    }
}

protocol ListedName { init(listed text: String) throws }
extension RepositoryName: ListedName { init(listed text: String) throws { try self.init(text) } }
extension TagEntry: ListedName { init(listed text: String) throws { self.init(tag: try TagName(text)) } }

struct PlainRepository: ContentSource, ContentSink {
    let name: RepositoryName
    let registry: PlainRegistry

    private var root: String { "/v2/\(name)" }
    private var accept: [(name: String, value: String)] {
        [("Accept", MediaType.manifests.map(\.text).joined(separator: ", "))]
    }

    func tags() -> Pages<TagEntry> {
        registry.listing("\(root)/tags/list") {
            try JSONDecoder().decode(PlainRegistry.Listing.self, from: $0).tags ?? []
        }
    }

    func resolve(_ target: Target) async throws -> Descriptor? { try await document(at: target)?.descriptor }

    func document(at target: Target) async throws -> ManifestDocument? {
        let reply = try await registry.ask(
            "GET",
            "\(root)/manifests/\(target.text)",
            fields: accept,
            expecting: [200, 404]
        )
        guard reply.status == 200 else { return nil }
        return try ManifestDocument(
            bytes: reply.body,
            digest: Digester.digest(of: reply.body),
            contentType: reply.header("content-type")
        )
    }

    func contains(_ blob: Descriptor) async throws -> Bool {
        try await registry.ask("HEAD", "\(root)/blobs/\(blob.digest)", expecting: [200, 404]).status == 200
    }

    func blob(_ descriptor: Descriptor, in range: Range<Int64>) async throws -> ByteStream {
        let bytes = try await registry.ask("GET", "\(root)/blobs/\(descriptor.digest)", expecting: [200]).body
        return ByteStream(ByteBuffer(bytes: bytes))
    }

    func write(_ blob: BlobContent, heldBy sibling: RepositoryName?) async throws -> Arrival {
        let digest = blob.descriptor.digest
        if try await contains(blob.descriptor) { return .present }
        let start = try await registry.ask(
            "POST",
            "\(root)/blobs/uploads/?mount=\(digest)&from=\(sibling ?? name)",
            expecting: [201, 202]
        )
        if start.status == 201 { return .mounted }
        var bytes: [UInt8] = []
        for try await buffer in try await blob.open().stream { bytes += buffer.readableBytesView }
        let location = (start.header("location") ?? "").dropFirst("http://\(registry.host)".count)
        _ = try await registry.ask("PUT", "\(location)&digest=\(digest)", body: bytes, expecting: [201])
        return .copied
    }

    func write(_ manifest: ManifestDocument) async throws {
        try await put(manifest, "\(manifest.descriptor.digest)")
    }

    func publish(_ root: ManifestDocument, as tag: TagName) async throws { try await put(root, tag.text) }

    private func put(_ document: ManifestDocument, _ reference: String) async throws {
        _ = try await registry.ask(
            "PUT",
            "\(root)/manifests/\(reference)",
            fields: [("Content-Type", document.descriptor.mediaType.text)],
            body: document.bytes,
            expecting: [201]
        )
    }
}
