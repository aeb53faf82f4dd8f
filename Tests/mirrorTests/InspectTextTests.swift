// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OCI
@testable import Replication
import Testing
@testable import mirror

@Suite struct InspectTextTests {
    private static let attestation = """
        "annotations":{"vnd.docker.reference.digest":"\(Sample.digest(2))","vnd.docker.reference.type":"attestation-manifest"}
        """
    private static let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"

    private func document(_ digit: Int, _ text: String) throws -> ManifestDocument {
        try ManifestDocument(bytes: Array(text.utf8), digest: Sample.digest(digit), contentType: nil)
    }

    private func descriptor(_ digit: Int, _ size: Int64, _ type: String, _ rest: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(Sample.digest(digit))","size":\#(size)\#(rest.isEmpty ? "" : ",")\#(rest)}"#
    }

    private func image(_ digit: Int, config: String, layers: [String], _ rest: String = "") throws -> ManifestDocument {
        let members = #""config":\#(config),"layers":[\#(layers.joined(separator: ","))]"#
        return try document(digit, #"{"schemaVersion":2,\#(members)\#(rest)}"#)
    }

    /// An index of two platforms and an attestation, the first platform twice.
    private func tree() throws -> ImageTree {
        let layer = descriptor(5, 30_000_000, MediaType.ociLayerGzip.text)
        let config = descriptor(4, 1500, MediaType.ociConfig.text)
        let amd64 = try image(2, config: config, layers: [layer, descriptor(6, 999, MediaType.ociLayerGzip.text)])
        let windows = try image(
            3,
            config: descriptor(7, 900, MediaType.ociConfig.text),
            layers: [descriptor(8, 1 << 40, Self.foreign)]
        )
        let attested = try image(
            9,
            config: descriptor(1, 2, MediaType.ociConfig.text),
            layers: [],
            #","artifactType":"application/vnd.in-toto+json","subject":\#(descriptor(2, 2, MediaType.ociManifest.text))"#
        )
        func entry(_ document: ManifestDocument, _ digit: Int, _ rest: String) -> String {
            descriptor(digit, document.descriptor.size, MediaType.ociManifest.text, rest)
        }
        let linux = #""platform":{"os":"linux","architecture":"amd64"}"#
        let entries = [
            entry(amd64, 2, linux),
            entry(windows, 3, #""platform":{"os":"windows","architecture":"amd64","variant":"v1\#u{1B}[2J"}"#),
            entry(attested, 9, #""platform":{"os":"unknown","architecture":"unknown"},\#(Self.attestation)"#),
            entry(amd64, 2, linux),
        ]
        .map { $0.replacing("\u{1B}", with: "\\u001b") }
        let index = try document(10, #"{"schemaVersion":2,"manifests":[\#(entries.joined(separator: ","))]}"#)
        let below = [amd64, windows, attested].map { ($0.descriptor.digest, $0) }
        return ImageTree(ImageGraph(root: index, descendants: Dictionary(uniqueKeysWithValues: below)))
    }

    @Test func `an index looks like this`() throws {
        let text = InspectText(name: "registry.lan/team/app:1", tree: try tree()).text(Style(isColoured: false))
        #expect(
            text == """
                registry.lan/team/app:1
                index                         sha256:aaaaaaaaaaaa  1.04 kB  application/vnd.oci.image.index.v1+json
                ├─ linux/amd64                sha256:222222222222    504 B  application/vnd.oci.image.manifest.v1+json
                │  ├─ config                  sha256:444444444444  1.50 kB  application/vnd.oci.image.config.v1+json
                │  ├─ layer                   sha256:555555555555  30.0 MB  application/vnd.oci.image.layer.v1.tar+gzip
                │  └─ layer                   sha256:666666666666    999 B  application/vnd.oci.image.layer.v1.tar+gzip
                ├─ windows/amd64/v1\\u{1b}[2J  sha256:333333333333    368 B  application/vnd.oci.image.manifest.v1+json
                │  ├─ config                  sha256:777777777777    900 B  application/vnd.oci.image.config.v1+json
                │  └─ layer                   sha256:888888888888  1.10 TB  application/vnd.docker.image.rootfs.foreign.diff.tar.gzip  not distributed
                ├─ attestation                sha256:999999999999    396 B  application/vnd.oci.image.manifest.v1+json  artifact application/vnd.in-toto+json, about sha256:222222222222
                │    vnd.docker.reference.digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
                │    vnd.docker.reference.type: attestation-manifest
                │  └─ config                  sha256:111111111111      2 B  application/vnd.oci.image.config.v1+json
                └─ linux/amd64                sha256:222222222222    504 B  application/vnd.oci.image.manifest.v1+json  as above

                total: 1.10 TB
                  manifests  4 (2.31 kB)
                  blobs      6 (1.10 TB)
                  platforms  linux/amd64, windows/amd64/v1\\u{1b}[2J
                """
        )
    }

    @Test func `one image looks like this`() throws {
        let config = descriptor(4, 1500, MediaType.ociConfig.text)
        let root = try image(2, config: config, layers: [descriptor(5, 3_000_000, MediaType.ociLayerGzip.text)])
        let tree = ImageTree(ImageGraph(root: root))
        #expect(
            InspectText(name: "r.lan/a:1", tree: tree).text(Style(isColoured: false)) == """
                r.lan/a:1
                manifest   sha256:222222222222    349 B  application/vnd.oci.image.manifest.v1+json
                ├─ config  sha256:444444444444  1.50 kB  application/vnd.oci.image.config.v1+json
                └─ layer   sha256:555555555555  3.00 MB  application/vnd.oci.image.layer.v1.tar+gzip

                total: 3.00 MB
                  manifests  1 (349 B)
                  blobs      2 (3.00 MB)
                """
        )
    }

    @Test func `colours change nothing but colours`() throws {
        let text = InspectText(name: "r.lan/a:1", tree: try tree())
        let coloured = text.text(Style(isColoured: true))
        #expect(coloured.contains("\u{1B}[32m"))
        #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == text.text(Style(isColoured: false)))
    }

    @Test func `the line for scripts has everything, with whole digests`() throws {
        let line = try InspectJSON(name: "r.lan/a:1", tree: try tree()).text()
        #expect(!line.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["image"] as? String == "r.lan/a:1")
        let root = try #require(object["root"] as? [String: Any])
        #expect(root["digest"] as? String == Sample.digest(10).description)
        let manifests = try #require(root["manifests"] as? [[String: Any]])
        #expect(manifests.map { $0["digest"] as? String } == [2, 3, 9, 2].map { Sample.digest($0).description })
        #expect((manifests[0]["layers"] as? [[String: Any]])?.map { $0["size"] as? Int } == [30_000_000, 999])
        #expect((manifests[0]["config"] as? [String: Any])?["digest"] as? String == Sample.digest(4).description)
        #expect((manifests[0]["platform"] as? [String: Any])?["os"] as? String == "linux")
        #expect(manifests[2]["artifactType"] as? String == "application/vnd.in-toto+json")
        #expect((manifests[2]["subject"] as? [String: Any])?["digest"] as? String == Sample.digest(2).description)
        let annotations = manifests[2]["annotations"] as? [String: String]
        #expect(annotations?["vnd.docker.reference.type"] == "attestation-manifest")
        #expect(manifests[3]["layers"] == nil)
        let totals = try #require(object["totals"] as? [String: Any])
        #expect(totals["manifests"] as? Int == 4)
        #expect(totals["blobs"] as? Int == 6)
        #expect(totals["blobBytes"] as? Int == 30_003_401 + (1 << 40))
    }

    @Test(arguments: [
        ("a.lan/", "Name one image"), ("a.lan/x/**", "Name one image"), ("a.lan", "could be a registry or an image"),
        ("a.lan/X", "cannot stand there"),
    ])
    func `an address that is not an image is refused with status 64`(_ image: String, _ sentence: String) async throws {
        let command = try InspectCommand.parse([image])
        do {
            try await command.run()
            Issue.record("ran")
        } catch {
            #expect(InspectCommand.message(for: error).contains(sentence))
            #expect(InspectCommand.exitCode(for: error).rawValue == 64)
        }
    }
}
