// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCILayout
import OCITestKit
import Testing

@testable import OCIServer

/// Random requests, answered by the server and by the simplest thing that could be a registry; they must agree.
@Suite struct ModelTests {
    /// A registry as one would explain it.
    private struct Model {
        struct Repository {
            var blobs: Set<Int> = []
            /// Manifests by their place in the list of all documents.
            var manifests: Set<Int> = []
            var tags: [String: Int] = [:]
            var wasWritten = false
        }

        struct Upload {
            var repository: String
            var bytes: [UInt8] = []
        }

        var repositories: [String: Repository] = [:]
        var uploads: [String: Upload] = [:]
    }

    /// A manifest of the universe of the test: which blobs or manifests it points to.
    private struct Document {
        let bytes: [UInt8]
        let type: MediaType
        let blobs: [Int]
        let children: [Int]
        let subject: Int?
        var digest: Digest { Digester.digest(of: bytes) }
    }

    private static let names = ["a", "b", "a/b", "c"]
    private static let tags = ["one", "two", "Three"]
    private static let blobs: [[UInt8]] = (0..<6)
        .map { someBytes([0, 2, 100, 5000, 70_000, 300_000][$0], seed: UInt64($0) + 100) }
    private static let digests = blobs.map { Digester.digest(of: $0) }

    private static let documents: [Document] = {
        func descriptor(_ digest: Digest, _ size: Int, _ type: String) -> String {
            #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(size)}"#
        }
        var all: [Document] = []
        for (place, parts) in [[0], [1, 2], [1, 3, 4], [5, 2]].enumerated() {
            let written = parts.map { descriptor(digests[$0], blobs[$0].count, "application/octet-stream") }
            let subject = place == 3 ? all[0] : nil
            let reference = subject.map { #","subject":\#(descriptor($0.digest, $0.bytes.count, $0.type.text))"# } ?? ""
            let layers = written.dropFirst().joined(separator: ",")
            let text = #"{"schemaVersion":2,"config":\#(written[0]),"layers":[\#(layers)]\#(reference)}"#
            all.append(
                Document(
                    bytes: Array(text.utf8),
                    type: .ociManifest,
                    blobs: parts,
                    children: [],
                    subject: subject == nil ? nil : 0
                )
            )
        }
        for children in [[0, 1], [2, 4]] {
            let written = children.map { descriptor(all[$0].digest, all[$0].bytes.count, all[$0].type.text) }
            let text = #"{"schemaVersion":2,"manifests":[\#(written.joined(separator: ","))]}"#
            all.append(Document(bytes: Array(text.utf8), type: .ociIndex, blobs: [], children: children, subject: nil))
        }
        return all
    }()

    @Test func `the server does what a registry is said to do`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        let folder = temporaryPath("model")
        defer { removeFolder(folder) }
        var random = SeededRandom(seed: seed)
        var model = Model()
        // Some restarts on the way: nothing that was acknowledged is forgotten.
        for round in 0..<4 {
            try await withServer(in: folder) { server in
                for step in 0..<500 {
                    let what = "seed \(seed), round \(round), step \(step)"
                    try await Self.step(server, &model, &random, what)
                }
                try await Self.compare(server, model, "seed \(seed), round \(round)")
            }
        }
    }

    private static func step(
        _ server: TestServer,
        _ model: inout Model,
        _ random: inout SeededRandom,
        _ what: String
    ) async throws {
        let name = names[random.next(in: 0...(names.count - 1))]
        let blob = random.next(in: 0...(blobs.count - 1))
        let place = random.next(in: 0...(documents.count - 1))
        let tag = tags[random.next(in: 0...(tags.count - 1))]
        var repository = model.repositories[name, default: Model.Repository()]
        let held = repository
        // The first disagreement ends the test: everything after it would follow from it.
        func expect(_ reply: PlainHTTP.Reply, _ status: Int, _ action: String) throws {
            try #require(reply.status == status, "\(what): \(action) in \(name): \(reply.text.prefix(300))")
        }
        switch random.next(in: 0...13) {
        case 0, 1:
            let uri = "/v2/\(name)/blobs/uploads/?digest=\(digests[blob])"
            try expect(try await server.request("POST", uri, body: blobs[blob]), 201, "push blob \(blob)")
            repository.blobs.insert(blob)
            repository.wasWritten = true
        case 2:
            let from = names[random.next(in: 0...(names.count - 1))]
            let has = model.repositories[from]?.blobs.contains(blob) == true
            let reply = try await server.request(
                "POST",
                "/v2/\(name)/blobs/uploads/?mount=\(digests[blob])&from=\(from)"
            )
            try expect(reply, has ? 201 : 202, "mount blob \(blob) from \(from)")
            if has {
                repository.blobs.insert(blob)
                repository.wasWritten = true
            } else if let location = reply.header("Location") {
                model.uploads[location] = Model.Upload(repository: name)
            }
        case 3:
            let reply = try await server.request("POST", "/v2/\(name)/blobs/uploads/")
            try expect(reply, 202, "begin")
            if let location = reply.header("Location") { model.uploads[location] = Model.Upload(repository: name) }
        case 4, 5: return try await goOn(server, &model, &random, what)
        case 6, 7, 8:
            let document = documents[place]
            let isWhole =
                document.blobs.allSatisfy { held.blobs.contains($0) }
                && document.children.allSatisfy { held.manifests.contains($0) }
            let byTag = random.next(in: 0...2) > 0
            let type = [(name: "Content-Type", value: document.type.text)]
            let uri = "/v2/\(name)/manifests/\(byTag ? tag : "\(document.digest)")"
            let reply = try await server.request("PUT", uri, type, body: document.bytes)
            try expect(reply, isWhole ? 201 : 404, "put manifest \(place)")
            if isWhole {
                repository.manifests.insert(place)
                repository.wasWritten = true
                if byTag { repository.tags[tag] = place }
            }
        case 9:
            try expect(
                try await server.request("DELETE", "/v2/\(name)/manifests/\(tag)"),
                repository.tags.removeValue(forKey: tag) == nil ? 404 : 202,
                "untag \(tag)"
            )
        case 10:
            let isUsed = held.manifests.contains { documents[$0].children.contains(place) }
            let isThere = held.manifests.contains(place)
            let uri = "/v2/\(name)/manifests/\(documents[place].digest)"
            try expect(
                try await server.request("DELETE", uri),
                !isThere ? 404 : isUsed ? 409 : 202,
                "delete manifest \(place)"
            )
            if isThere, !isUsed {
                repository.manifests.remove(place)
                repository.tags = repository.tags.filter { $0.value != place }
            }
        case 11:
            let isUsed = held.manifests.contains { documents[$0].blobs.contains(blob) }
            let isThere = held.blobs.contains(blob)
            let uri = "/v2/\(name)/blobs/\(digests[blob])"
            try expect(
                try await server.request("DELETE", uri),
                !isThere ? 404 : isUsed ? 409 : 202,
                "delete blob \(blob)"
            )
            if isThere, !isUsed { repository.blobs.remove(blob) }
        case 12:
            let reply = try await server.request("GET", "/v2/\(name)/manifests/\(tag)")
            try expect(reply, held.tags[tag] == nil ? 404 : 200, "get \(tag)")
            if let place = held.tags[tag] { #expect(reply.body == documents[place].bytes, "\(what)") }
        default:
            let reply = try await server.request("GET", "/v2/\(name)/blobs/\(digests[blob])")
            try expect(reply, held.blobs.contains(blob) ? 200 : 404, "get blob \(blob)")
            if reply.status == 200 { #expect(reply.body == blobs[blob], "\(what)") }
        }
        model.repositories[name] = repository
    }

    /// Goes on with one of the open uploads, rightly or wrongly.
    private static func goOn(
        _ server: TestServer,
        _ model: inout Model,
        _ random: inout SeededRandom,
        _ what: String
    ) async throws {
        let open = model.uploads.keys.sorted()
        guard !open.isEmpty else { return }
        let location = open[random.next(in: 0...(open.count - 1))]
        guard var upload = model.uploads[location] else { return }
        let blob = random.next(in: 0...(blobs.count - 1))
        let all = blobs[blob]
        switch random.next(in: 0...4) {
        case 0, 1:
            // From somewhere in a blob: at the end of what is there, or not.
            let start = random.next(in: 0...1) == 0 ? upload.bytes.count : random.next(in: 0...1000)
            let length = random.next(in: 1...2000)
            let part = Array(all.dropFirst(start).prefix(length))
            guard !part.isEmpty else { return }
            let fields = [(name: "Content-Range", value: "\(start)-\(start + part.count - 1)")]
            let reply = try await server.request("PATCH", location, fields, body: part)
            let fits = start == upload.bytes.count
            try #require(reply.status == (fits ? 202 : 416), "\(what): chunk")
            if fits { upload.bytes += part }
            try #require(reply.header("Range") == "0-\(max(0, upload.bytes.count - 1))", "\(what)")
            model.uploads[location] = upload
        case 2:
            // What is missing of the blob, if what is there begins it.
            let fits = all.starts(with: upload.bytes)
            let rest = fits ? Array(all.dropFirst(upload.bytes.count)) : []
            let uri = "\(location)?digest=\(digests[blob])"
            let reply = try await server.request("PUT", uri, body: rest)
            try #require(reply.status == (fits ? 201 : 400), "\(what): end")
            model.uploads[location] = nil
            if fits {
                model.repositories[upload.repository, default: Model.Repository()].blobs.insert(blob)
                model.repositories[upload.repository]?.wasWritten = true
            }
        case 3:
            try #require(try await server.request("DELETE", location).status == 204, "\(what): cancel")
            model.uploads[location] = nil
        default:
            let reply = try await server.request("GET", location)
            try #require(reply.status == 204, "\(what): status")
            try #require(reply.header("Range") == "0-\(max(0, upload.bytes.count - 1))", "\(what)")
        }
    }

    private static func compare(_ server: TestServer, _ model: Model, _ what: String) async throws {
        let catalog = try await server.request("GET", "/v2/_catalog").json["repositories"] as? [String]
        let expected = model.repositories.filter { !$0.value.manifests.isEmpty }.keys.sorted()
        #expect(catalog == expected, "\(what)")
        for name in names {
            let repository = model.repositories[name] ?? Model.Repository()
            if repository.wasWritten {
                let tags = try await server.request("GET", "/v2/\(name)/tags/list").json["tags"] as? [String]
                #expect(tags == repository.tags.keys.sorted(), "\(what)")
            }
            for (place, digest) in digests.enumerated() {
                let status = try await server.request("HEAD", "/v2/\(name)/blobs/\(digest)").status
                #expect(status == (repository.blobs.contains(place) ? 200 : 404), "\(what): blob \(place) in \(name)")
            }
            for (place, document) in documents.enumerated() {
                let status = try await server.request("HEAD", "/v2/\(name)/manifests/\(document.digest)").status
                #expect(status == (repository.manifests.contains(place) ? 200 : 404), "\(what): \(place) in \(name)")
            }
            let referrers = try await server.request("GET", "/v2/\(name)/referrers/\(documents[0].digest)")
            let found = (try referrers.json["manifests"] as? [Any])?.count
            #expect(found == repository.manifests.filter { documents[$0].subject == 0 }.count, "\(what)")
        }
        let open = try await server.store.openUploads()
        #expect(Set(open.map { "\($0.id)" }) == Set(model.uploads.keys.map { String($0.suffix(32)) }), "\(what)")
    }
}
