// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Testing

extension EndToEnd {
    /// Signatures, attestations and bills of materials come along, whether registries list referrers or not.
    @Suite(.serialized)
    struct SignatureTests {
        private let folder = Program.temporaryPath("signatures")
        private let app = "team/app"

        /// An image that is signed with a key of openssl; the public key is in the folder.
        private func signedImage() async throws -> SignedImage {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await tool(
                "openssl",
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-out",
                "\(folder)/key.pem"
            )
            try await tool("openssl", "pkey", "-in", "\(folder)/key.pem", "-pubout", "-out", "\(folder)/public.pem")
            return try await SignedImage.build(seed: 11) { payload in
                try Data(payload).write(to: URL(filePath: "\(folder)/payload"))
                try await tool(
                    "openssl",
                    "dgst",
                    "-sha256",
                    "-sign",
                    "\(folder)/key.pem",
                    "-out",
                    "\(folder)/signature",
                    "\(folder)/payload"
                )
                return Array(try Data(contentsOf: URL(filePath: "\(folder)/signature")))
            }
        }

        private func tool(_ program: String, _ arguments: String...) async throws {
            let result = try await ChildProcess.run(program, arguments)
            try #require(result.succeeded, "\(program) \(arguments): \(result.errorText)")
        }

        private func copy(_ arguments: String...) async throws -> ChildProcess.Result {
            let result = try await Program.start(["copy"] + arguments, state: Program.temporaryPath("state")).wait()
            try #require(result.succeeded, "\(arguments): \(result.outputText)\(result.errorText)")
            return result
        }

        /// What a registry says that refers to a manifest, by its list or by the tag that stands for one.
        private func referrers(of subject: Digest, in repository: RemoteRepository) async throws -> [Referrer] {
            if let list = try await repository.referrers(of: subject, type: nil) { return list }
            let tag = CompanionTag(.referrers, of: subject).tag
            guard let document = try await repository.document(at: .tag(tag)) else { return [] }
            return try #require(Referrer.list(in: document.bytes))
        }

        /// Checks that all of an image and of what hangs on it is in a registry.
        private func expectAll(_ image: SignedImage, in host: String, _ tag: String = "1") async throws {
            let nobody = Person(name: "nobody", password: "none")
            try await withEndpoint(of: host, as: nobody) { endpoint in
                let repository = endpoint[try RepositoryName(app)]
                let root = try await repository.document(at: .tag(try TagName(tag)))
                #expect(root == image.root, "\(host)")
                for child in image.images.map(\.manifest) + [image.attestation.manifest] {
                    #expect(try await repository.document(at: .digest(child.descriptor.digest)) == child, "\(host)")
                }
                for subject in Set(image.referrers.map(\.subject)) {
                    let expected = image.referrers.filter { $0.subject == subject }.map { Referrer($0.part.manifest) }
                    let listed = try await referrers(of: subject, in: repository)
                    #expect(Set(listed) == Set(expected), "\(host): \(subject)")
                    #expect(listed.count == expected.count, "\(host): \(subject)")
                }
                for part in image.referrers.map(\.part) + image.tagged.map(\.part) {
                    let digest = part.manifest.descriptor.digest
                    #expect(try await repository.document(at: .digest(digest)) == part.manifest, "\(host)")
                    for blob in part.blobs { #expect(try await repository.contains(blob.descriptor), "\(host)") }
                }
                for (tag, part) in image.tagged {
                    #expect(
                        try await repository.resolve(.tag(tag))?.digest == part.manifest.descriptor.digest,
                        "\(host)"
                    )
                }
            }
        }

        @Test func `everything that hangs on an image goes from place to place with it`() async throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let image = try await signedImage()
            try await withDockerRegistry { first in
                try await withEndpoint(of: first) { endpoint in
                    try await image.write(to: endpoint[try RepositoryName(app)], as: try TagName("1"))
                }
                try await expectAll(image, in: first.host)
                try await withEmbeddedRegistry(Program.path) { second in
                    // From tags to a list.
                    let result = try await copy("\(first.host)/\(app):1", "\(second.host)/\(app)")
                    #expect(result.outputText.contains("6 signatures and referrers copied"), "\(result.outputText)")
                    try await expectAll(image, in: second.host)
                    let nobody = Person(name: "nobody", password: "none")
                    try await withEndpoint(of: second.host, as: nobody) { endpoint in
                        let tags = try await endpoint[try RepositoryName(app)].tags().all().map(\.tag)
                        #expect(Set(tags) == Set([try TagName("1")] + image.tagged.map(\.tag)))
                    }
                    try await withDockerRegistry { third in
                        // From a list over folders to tags.
                        _ = try await copy("--all-tags", "\(second.host)/\(app)", "layout:\(folder)/store//\(app)")
                        _ = try await copy("layout:\(folder)/store//\(app):1", "oci:\(folder)/plain:1")
                        _ = try await copy("oci:\(folder)/plain:1", "\(third.host)/\(app):1")
                        try await expectAll(image, in: third.host)
                        try await expectWholeImages(third)
                        try await expectSameManifests(["\(app):1"], first, third)
                        try await expectSigned(image, in: third.host)
                        // Nothing is left to do, either way.
                        for pair in [(first.host, third.host), (third.host, second.host), (second.host, first.host)] {
                            let again = try await copy("--all-tags", "\(pair.0)/\(app)", "\(pair.1)/\(app)")
                            #expect(again.outputText.hasPrefix("done: 0 published"), "\(again.outputText)")
                        }
                    }
                }
            }
        }

        @Test func `a signature that comes later is copied without its image, and entries of others stay`() async throws
        {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let image = try await signedImage()
            let other = try await SignedImage.build(seed: 11) { _ in [] }
            let root = image.root.descriptor.digest
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    let name = try RepositoryName(app)
                    let tag = try TagName("1")
                    try await withEndpoint(of: source) { try await image.write(to: $0[name], as: tag) }
                    _ = try await copy("--referrers", "none", "\(source.host)/\(app):1", "\(destination.host)/\(app)")
                    try await withEndpoint(of: destination) { endpoint in
                        #expect(try await endpoint[name].tags().all().map(\.tag) == [tag])
                        // Somebody signs the copy.
                        let theirs = try #require(other.referrers.first { $0.subject == root })
                        try await BuiltImage(theirs.part, other.images[0].platform).write(to: endpoint[name])
                    }
                    let wanted = "application/vnd.cncf.notary.signature"
                    let result = try await copy(
                        "--referrers",
                        wanted,
                        "\(source.host)/\(app):1",
                        "\(destination.host)/\(app)"
                    )
                    #expect(result.errorText.contains("completed \(app):1"), "\(result.errorText)")
                    try await withEndpoint(of: destination) { endpoint in
                        let types = try await referrers(of: root, in: endpoint[name]).compactMap(\.artifactType)
                        #expect(types.sorted() == [wanted, "application/vnd.dev.sigstore.bundle.v0.3+json"])
                    }
                }
            }
        }

        @Test func `what hangs on an image is verified, and an entry that was dropped from a list is put back`()
            async throws
        {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let image = try await signedImage()
            let name = try RepositoryName(app)
            try await withDockerRegistry { source in
                try await withDockerRegistry { destination in
                    try await withEndpoint(of: source) { try await image.write(to: $0[name], as: try TagName("1")) }
                    let ends = ["\(source.host)/\(app):1", "\(destination.host)/\(app)"]
                    _ = try await copy(ends[0], ends[1])
                    func verify(_ arguments: String..., ends status: Int32) async throws -> String {
                        let result = try await Program.start(["verify"] + ends + arguments).wait()
                        #expect(result.ending == .exited(status), "\(result.outputText)\(result.errorText)")
                        return result.outputText
                    }
                    // The image, four referrers and two tags.
                    #expect(try await verify("--depth", "content", ends: 0).hasPrefix("done: 7 sound in 1 repository"))

                    let subject = image.root.descriptor.digest
                    let dropped = try #require(
                        image.referrers.first { $0.subject == subject }?.part.manifest.descriptor.digest
                    )
                    let signature = try #require(image.tagged.first)
                    try await withEndpoint(of: destination) { endpoint in
                        let tag = CompanionTag(.referrers, of: subject).tag
                        let kept = try await referrers(of: subject, in: endpoint[name])
                            .filter { $0.descriptor.digest != dropped }
                        let entries = try kept.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
                        let list = try ImageBuilder.document(
                            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(entries.joined(separator: ","))]}"#
                        )
                        try await endpoint[name].publish(list, as: tag)
                        // Somebody signs anew, and loses the signature that was there.
                        try await endpoint[name].publish(image.attestation.manifest, as: signature.tag)
                    }
                    let found = try await verify(ends: 1)
                    #expect(found.contains("unlisted \(app)@\(dropped)"), "\(found)")
                    #expect(found.contains("moved \(app):\(signature.tag)"), "\(found)")
                    #expect(found.contains("5 sound, 2 differ (1 moved, 1 unlisted)"), "\(found)")
                    #expect(try await verify("--heal", ends: 0).contains("2 healed"))
                    #expect(try await verify(ends: 0).hasPrefix("done: 7 sound"))
                    try await expectAll(image, in: destination.host)
                }
            }
        }

        /// Checks the signature in a registry by openssl, with what stands there.
        private func expectSigned(_ image: SignedImage, in host: String) async throws {
            let nobody = Person(name: "nobody", password: "none")
            try await withEndpoint(of: host, as: nobody) { endpoint in
                let repository = endpoint[try RepositoryName(app)]
                let tag = CompanionTag(.signature, of: image.root.descriptor.digest).tag
                let document = try #require(try await repository.document(at: .tag(tag)))
                struct Manifest: Decodable {
                    struct Layer: Decodable { var annotations: [String: String] }
                    var layers: [Layer]
                }
                let notes = try JSONDecoder().decode(Manifest.self, from: Data(document.bytes)).layers[0].annotations
                let signature = try #require(notes["dev.cosignproject.cosign/signature"])
                try #require(Data(base64Encoded: signature)).write(to: URL(filePath: "\(folder)/found.sig"))
                let payload = try #require(document.manifest.blobs.last)
                let bytes = try await BlobContent(payload, from: repository).open().stream.collect()
                try Data(bytes).write(to: URL(filePath: "\(folder)/found"))
            }
            try await tool(
                "openssl",
                "dgst",
                "-sha256",
                "-verify",
                "\(folder)/public.pem",
                "-signature",
                "\(folder)/found.sig",
                "\(folder)/found"
            )
        }
    }
}
