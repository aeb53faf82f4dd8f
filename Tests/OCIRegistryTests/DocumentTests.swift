// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    @Suite struct DocumentTests {
        private let manifest: ManifestDocument
        private let other: ManifestDocument
        private var digest: Digest { manifest.descriptor.digest }

        init() throws {
            let config = BuiltBlob(Array("{}".utf8), mediaType: .ociConfig)
            manifest = try ImageBuilder.manifest(config: config.descriptor, layers: [])
            other = try ImageBuilder.manifest(config: config.descriptor, layers: [BuiltBlob([1]).descriptor])
        }

        private func document(_ reply: PeerReply, at target: Target = .tag(.latest)) async throws -> ManifestDocument? {
            try await withRegistry { _ in
                reply
            } _: { registry, _ in
                try await registry.app().document(at: target)
            }
        }

        @Test func `C07 computes the digest of what a tag names, stated or not`() async throws {
            let stated = PeerReply.manifest(manifest, headers: [("Docker-Content-Digest", "\(digest)")])
            for reply in [stated, .manifest(manifest)] {
                let document = try #require(try await document(reply))
                #expect(document.descriptor == manifest.descriptor)
                #expect(document.bytes == manifest.bytes)
            }
        }

        @Test func `C07 a stated digest that is not that of the bytes is refused`() async throws {
            let reply = PeerReply.manifest(manifest, headers: [("Docker-Content-Digest", "\(other.descriptor.digest)")])
            await #expect(throws: ContentError.wrongDigest(expected: other.descriptor.digest, actual: digest)) {
                try await document(reply)
            }
        }

        @Test func `C06 other bytes than the digest names are refused, whatever is stated`() async throws {
            let stated = digest
            for headers in [[], [("Docker-Content-Digest", "\(stated)")]] as [[(name: String, value: String)]] {
                let error = try await #require(throws: ContentError.self) {
                    try await document(.manifest(other, headers: headers), at: .digest(stated))
                }
                #expect(error == .wrongDigest(expected: stated, actual: other.descriptor.digest))
                #expect(error.attemptLimit == 2)
            }
        }

        @Test func `a digest of the longer kind is computed as such`() async throws {
            let long = Digester.digest(of: manifest.bytes, algorithm: .sha512)
            let reply = PeerReply.manifest(manifest, headers: [("Docker-Content-Digest", "\(long)")])
            #expect(try await document(reply)?.descriptor.digest == long)
            #expect(try await document(reply, at: .digest(long))?.descriptor.digest == long)
            #expect(try await document(reply, at: .digest(digest))?.descriptor.digest == digest)
        }

        @Test(arguments: [
            "sha256:abc", "blake3:" + String(repeating: "a", count: 64), "sha256:../../etc", "x", "",
            "SHA256:" + String(repeating: "a", count: 64),
        ])
        func `C02 a stated digest that cannot be used is an error`(_ text: String) async throws {
            let reply = PeerReply.manifest(manifest, headers: [("Docker-Content-Digest", text)])
            let error = try await #require(throws: RegistryError.self) { try await document(reply) }
            #expect(error.complaint?.contains("digest") == true)
            let resolution = try await #require(throws: RegistryError.self) {
                try await withRegistry { _ in
                    reply
                } _: { registry, _ in
                    try await registry.app().resolve(.tag(.latest))
                }
            }
            #expect(resolution.complaint?.contains("digest") == true)
        }

        @Test func `C04 a type other than that of the document is refused`() async throws {
            let error = try await #require(throws: ManifestError.self) {
                try await document(.manifest(manifest, contentType: MediaType.dockerManifest.text))
            }
            guard case .typeMismatch(let header, let inner) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(header == .dockerManifest)
            #expect(inner == .ociManifest)
        }

        @Test(arguments: [
            "application/vnd.oci.image.manifest.v1+json; charset=utf-8", "application/json", "text/plain",
            "application/octet-stream", "Application/Vnd.OCI.Image.Manifest.v1+JSON",
        ])
        func `a type that says nothing else leaves the document to speak`(_ contentType: String) async throws {
            let document = try await document(.manifest(manifest, contentType: contentType))
            #expect(document?.descriptor == manifest.descriptor)
        }

        @Test(arguments: [
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
            "application/vnd.docker.distribution.manifest.v1+json",
        ])
        func `C13 schema 1 is refused by name`(_ contentType: String) async throws {
            let reply = PeerReply.text(200, #"{"schemaVersion":1,"fsLayers":[]}"#, contentType: contentType)
            let error = try await #require(throws: ManifestError.self) { try await document(reply) }
            guard case .schema1 = error else {
                Issue.record("\(error)")
                return
            }
            let stated = PeerReply.text(
                200,
                "{}",
                contentType: contentType,
                headers: [("Docker-Content-Digest", "\(digest)")]
            )
            await #expect(throws: ManifestError.self) {
                try await withRegistry { _ in
                    stated
                } _: { registry, _ in
                    try await registry.app().resolve(.tag(.latest))
                }
            }
        }

        @Test func `C11 a manifest that is too long is refused before it is read`() async throws {
            let length = Int64(ManifestDocument.maximumSize) + 1
            let reply = PeerReply(body: .stream(.repeating(32, count: length)))
            let error = try await #require(throws: ManifestError.self) { try await document(reply) }
            guard case .tooLarge(let stated) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(stated == length)
        }

        @Test func `C11 a manifest of unstated length is given up when it is too long`() async throws {
            let length = Int64(ManifestDocument.maximumSize) + 1
            let reply = PeerReply(body: .stream(.repeating(32, count: length)), framing: .chunked)
            let error = try await #require(throws: RegistryError.self) { try await document(reply) }
            #expect(error.complaint?.contains("longer than") == true)
        }

        @Test func `C11 a manifest of four megabytes is read`() async throws {
            let filler = String(repeating: "x", count: 4 << 20)
            let text = #"{"schemaVersion":2,"manifests":[],"annotations":{"a":"\#(filler)"}}"#
            let reply = PeerReply.text(200, text, contentType: MediaType.ociIndex.text)
            #expect(try await document(reply)?.bytes.count == text.utf8.count)
        }

        @Test(arguments: [PeerReply.Cut.reset, .finish])
        func `a manifest that is cut is asked for again`(_ cut: PeerReply.Cut) async throws {
            let (manifest, count) = (manifest, Shared(0))
            try await withRegistry { _ in
                let isFirst = count.change {
                    $0 += 1; return $0 == 1
                }
                return isFirst ? .manifest(manifest).failing(.cut(afterBodyBytes: 20, by: cut)) : .manifest(manifest)
            } _: { registry, peer in
                let source = RetryingEndpoint(registry.endpoint(), policy: .quick)
                    .source(try RepositoryName("team/app"))
                #expect(try await source.document(at: .tag(.latest)) == manifest)
                #expect(peer.requests.count == 2)
            }
        }

        @Test(arguments: [400, 401, 403, 406, 429, 500])
        func `an answer of no use is neither a manifest nor its absence`(_ status: Int) async throws {
            try await withRegistry { _ in
                .error(status, "DENIED", "no", headers: [("Retry-After", "0")])
            } _: { registry, peer in
                let app = try registry.app()
                let document = try await #require(throws: RegistryError.self) {
                    try await app.document(at: .tag(.latest))
                }
                #expect(document.status == status)
                #expect(document.codes == ["DENIED"])
                #expect(document.subject == "team/app:latest")
                #expect(document.host.description == peer.host)
                let head = try await #require(throws: RegistryError.self) { try await app.resolve(.tag(.latest)) }
                #expect(head.status == status)
                #expect(head.action == .resolve)
            }
        }

        @Test(arguments: ["", "; charset=utf-8", " ;charset=UTF-8"])
        func `HEAD is enough where it says digest, type and length`(_ parameters: String) async throws {
            let (manifest, digest) = (manifest, digest)
            try await withRegistry { _ in
                .manifest(
                    manifest,
                    contentType: manifest.descriptor.mediaType.text + parameters,
                    headers: [("Docker-Content-Digest", "\(digest)")]
                )
            } _: { registry, peer in
                let app = try registry.app()
                #expect(try await app.resolve(.tag(.latest)) == manifest.descriptor)
                #expect(peer.requests.map(\.method) == ["HEAD"])
            }
        }

        @Test func `HEAD without a digest is followed by GET`() async throws {
            let manifest = manifest
            try await withRegistry { _ in
                .manifest(manifest)
            } _: { registry, peer in
                let app = try registry.app()
                #expect(try await app.resolve(.tag(.latest)) == manifest.descriptor)
                #expect(peer.requests.map(\.method) == ["HEAD", "GET"])
            }
        }

        @Test func `HEAD without a length is followed by GET`() async throws {
            let (manifest, digest) = (manifest, digest)
            try await withRegistry { _ in
                var reply = PeerReply.manifest(manifest, headers: [("Docker-Content-Digest", "\(digest)")])
                reply.framing = .chunked
                return reply
            } _: { registry, peer in
                let app = try registry.app()
                #expect(try await app.resolve(.tag(.latest)) == manifest.descriptor)
                #expect(peer.requests.map(\.method) == ["HEAD", "GET"])
            }
        }

        @Test func `a manifest that the registry confirms as another one is not written`() async throws {
            let (manifest, wrong) = (manifest, other.descriptor.digest)
            try await withRegistry { _ in
                PeerReply(201, headers: [("Docker-Content-Digest", "\(wrong)")])
            } _: { registry, _ in
                let app = try registry.app()
                let error = try await #require(throws: RegistryError.self) { try await app.write(manifest) }
                #expect(error.complaint?.contains("\(wrong)") == true)
                #expect(error.action == .writeManifest)
            }
        }

        @Test func `Quay's 202 is as good as 201`() async throws {
            let manifest = manifest
            try await withRegistry { _ in
                PeerReply(202, headers: [("Docker-Content-Digest", "\(manifest.descriptor.digest)")])
            } _: { registry, _ in
                try await registry.app().publish(manifest, as: .latest)
            }
        }

        @Test(arguments: [true, false])
        func `a manifest that is named by SHA-512 goes to its digest, and its tag must be confirmed beside it`(
            _ isConfirmed: Bool
        ) async throws {
            let long = Digester.digest(of: manifest.bytes, algorithm: .sha512)
            let manifest = try ManifestDocument(bytes: manifest.bytes, digest: long, contentType: nil)
            try await withRegistry { _ in
                PeerReply(201, headers: isConfirmed ? [("OCI-Tag", "latest")] : [])
            } _: { registry, peer in
                let app = try registry.app()
                if isConfirmed {
                    try await app.publish(manifest, as: .latest)
                } else {
                    let error = try await #require(throws: RegistryError.self) {
                        try await app.publish(manifest, as: .latest)
                    }
                    #expect(error.subject == "team/app:latest")
                    #expect(error.complaint?.contains("not the tag") == true)
                }
                #expect(peer.requests.map(\.uri) == ["/v2/team/app/manifests/\(long)?tag=latest"])
            }
        }

        @Test(arguments: [200, 204, 301, 400, 401, 403, 404, 405, 409, 412, 413, 429, 500])
        func `a manifest has not arrived by any other answer`(_ status: Int) async throws {
            let manifest = manifest
            try await withRegistry { _ in
                .error(status, "MANIFEST_INVALID", headers: [("Retry-After", "0")])
            } _: { registry, peer in
                let app = try registry.app()
                let error = try await #require(throws: RegistryError.self) {
                    try await app.publish(manifest, as: .latest)
                }
                #expect(error.status == status)
                #expect(error.subject == "team/app:latest")
                // A refusal without a challenge is followed by the question for one.
                #expect(peer.requests.filter { $0.path != "/v2/" }.count == 1)
            }
        }
    }
}
