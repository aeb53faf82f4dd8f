// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@Suite("ManifestDocument (C03, C04, C05, C09, C11, C13)")
struct ManifestDocumentTests {
    static let manifestType = MediaType.ociManifest.text
    static let indexType = MediaType.ociIndex.text
    static let dockerType = MediaType.dockerManifest.text
    static let listType = MediaType.dockerManifestList.text

    static func descriptor(_ mediaType: String = "application/octet-stream", size: String = "7", more: String = "")
        -> String
    {
        #"{"mediaType":"\#(mediaType)","digest":"\#(AddressTests.sha256)","size":\#(size)\#(more)}"#
    }

    static let config = descriptor("application/vnd.oci.image.config.v1+json")
    static let image = #"{"schemaVersion":2,"config":\#(config),"layers":[\#(descriptor()),\#(descriptor(size: "0"))]}"#
    static let index =
        #"{"schemaVersion":2,"manifests":[\#(descriptor(manifestType)),\#(descriptor(dockerType, size: "9"))]}"#

    private func read(_ text: String, as contentType: String? = nil) throws(ManifestError) -> ManifestDocument {
        try ManifestDocument(bytes: Array(text.utf8), digest: digest, contentType: contentType)
    }

    private var digest: Digest {
        // The document takes the caller's word for the hash of its bytes.
        Digest(algorithm: .sha256, hash: [UInt8](repeating: 7, count: 32))
    }

    private func refusal(_ text: String, as contentType: String? = nil) -> ManifestError? {
        do {
            _ = try read(text, as: contentType)
            return nil
        } catch {
            return error
        }
    }

    // What a document is.

    @Test func `reads an image manifest`() throws {
        let document = try read(Self.image, as: Self.manifestType)
        guard case .image(let image) = document.manifest else {
            Issue.record("not an image")
            return
        }
        #expect(image.config.mediaType == .ociConfig)
        #expect(image.layers.map(\.size) == [7, 0])
        #expect(document.manifest.blobs == [image.config] + image.layers)
        #expect(document.manifest.children.isEmpty)
    }

    @Test func `reads an index`() throws {
        let document = try read(Self.index, as: Self.indexType)
        #expect(document.manifest.children.map(\.size) == [7, 9])
        #expect(document.manifest.children.map(\.mediaType) == [.ociManifest, .dockerManifest])
        #expect(document.manifest.blobs.isEmpty)
    }

    @Test func `reads platforms and addresses of a descriptor`() throws {
        let arm = Self.descriptor(
            Self.manifestType,
            more: #","platform":{"os":"linux","architecture":"arm64","variant":"v8","os.version":"1"}"#
        )
        let amd = Self.descriptor(Self.manifestType, more: #","platform":{"os":"linux","architecture":"amd64"}"#)
        let index = try read(#"{"manifests":[\#(arm),\#(amd)]}"#)
        #expect(index.manifest.children.map { $0.platform?.description } == ["linux/arm64/v8", "linux/amd64"])
        let foreign = Self.descriptor(
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            more: #","urls":["https://a.example/x"]"#
        )
        let image = try read(#"{"config":\#(Self.config),"layers":[\#(foreign)]}"#)
        #expect(image.manifest.blobs.last?.urls == ["https://a.example/x"])
        #expect(image.manifest.blobs.last?.isNonDistributable == true)
    }

    @Test(arguments: [
        (image, manifestType, manifestType),
        (image, dockerType, dockerType),
        (index, indexType, indexType),
        (index, listType, listType),
        (image, "\(manifestType); charset=utf-8", manifestType),
        (image, " \(dockerType) ;x=y", dockerType),
        (image, "Application/VND.OCI.image.Manifest.v1+JSON", manifestType),
    ])
    func `takes the type from the header`(_ text: String, contentType: String, mediaType: String) throws {
        #expect(try read(text, as: contentType).descriptor.mediaType.text == mediaType)
    }

    @Test(
        arguments: [nil, "", " ", "application/json", "text/plain", "application/octet-stream", "é", ";"] as [String?]
    )
    func `takes the type from the document where the header says nothing of use`(_ contentType: String?) throws {
        let image = #"{"mediaType":"\#(Self.dockerType)","config":\#(Self.config)}"#
        #expect(try read(image, as: contentType).descriptor.mediaType == .dockerManifest)
        let list = #"{"mediaType":"\#(Self.listType)","manifests":[]}"#
        #expect(try read(list, as: contentType).descriptor.mediaType == .dockerManifestList)
    }

    @Test(arguments: [nil, "application/json"] as [String?])
    func `takes the type from the shape where nothing says it`(_ contentType: String?) throws {
        #expect(try read(Self.image, as: contentType).descriptor.mediaType == .ociManifest)
        #expect(try read(Self.index, as: contentType).descriptor.mediaType == .ociIndex)
    }

    @Test func `keeps the exact bytes and the digest that the caller computed`() throws {
        let text = "\n{ \"layers\" : [ ] ,\r\n\t\"config\":\(Self.config), \"x\": {\"z\":1.50,\"a\":\"\\u00e9\"} }\n"
        let document = try read(text)
        #expect(document.bytes == Array(text.utf8))
        #expect(document.descriptor.digest == digest)
        #expect(document.descriptor.size == Int64(text.utf8.count))
    }

    @Test func `accepts what it does not know, an artifact without layers, and an empty index`() throws {
        let more =
            #","artifactType":"a/b","subject":\#(Self.descriptor(Self.manifestType)),"annotations":{"Layers":"x"}"#
        #expect(try read(#"{"config":\#(Self.config)\#(more)}"#).manifest.blobs.count == 1)
        #expect(try read(#"{"config":\#(Self.config),"layers":[]}"#).manifest.blobs.count == 1)
        #expect(try read(#"{"manifests":[]\#(more)}"#).manifest.children.isEmpty)
    }

    // What a document cannot be.

    @Test(arguments: [
        #"{"manifests":[],"layers":[]}"#,
        #"{"manifests":[],"config":\#(config)}"#,
        #"{"manifests":[],"config":\#(config),"layers":[]}"#,
        #"{"manifests":[],"blobs":[]}"#,
        #"{"manifests":null,"layers":null}"#,
        #"{"fsLayers":[],"layers":[]}"#,
        #"{"fsLayers":[],"config":\#(config)}"#,
        #"{"fsLayers":[],"manifests":[]}"#,
        #"{"config":\#(config),"Layers":[]}"#,
        #"{"config":\#(config),"layers":[],"LAYERS":[]}"#,
        #"{"config":\#(config),"MANIFESTS":[]}"#,
        #"{"manifests":[],"Config":\#(config)}"#,
        #"{"config":\#(config),"mediatype":"\#(indexType)"}"#,
        #"{"config":\#(config),"FSLayers":[]}"#,
        #"{"config":\#(config),"Subject":{}}"#,
        #"{"config":\#(config),"l\u0041yers":[]}"#,
        // Go's decoder takes the long s for an s.
        #"{"config":\#(config),"layer\#u{17F}":[]}"#,
        #"{"config":\#(config),"manife\#u{17F}ts":[]}"#,
        #"{"config":\#(config),"manife\u017Fts":[]}"#,
    ])
    func `C03: refuses a document that readers could take for different things`(_ text: String) {
        for contentType in [nil, Self.manifestType, Self.indexType] {
            guard case .ambiguous = refusal(text, as: contentType) else {
                Issue.record("\(String(describing: refusal(text, as: contentType)))")
                continue
            }
        }
    }

    @Test(arguments: [(image, indexType), (image, listType), (index, manifestType), (index, dockerType)])
    func `C03: refuses a type that does not fit the shape`(_ text: String, mediaType: String) {
        guard case .ambiguous = refusal(text, as: mediaType) else {
            Issue.record("header")
            return
        }
        let inside = #"{"mediaType":"\#(mediaType)","# + text.dropFirst()
        guard case .ambiguous = refusal(inside) else {
            Issue.record("document")
            return
        }
    }

    @Test(arguments: [
        (manifestType, indexType), (indexType, manifestType), (manifestType, dockerType), (dockerType, manifestType),
        (manifestType, "application/vnd.oci.artifact.manifest.v1+json"), (manifestType, "application/json"),
    ])
    func `C04: refuses a document whose type is not that of the header`(header: String, inside: String) {
        let text = #"{"mediaType":"\#(inside)","config":\#(Self.config),"layers":[]}"#
        guard case .typeMismatch(let stated, let written) = refusal(text, as: header) else {
            Issue.record("\(String(describing: refusal(text, as: header)))")
            return
        }
        #expect(stated.text == header)
        #expect(written.text == inside)
    }

    @Test(arguments: [
        #"{"config":\#(config),"layers":[\#(descriptor())],"layers":[]}"#,
        #"{"config":\#(config),"layers":[],"l\u0061yers":[]}"#,
        #"{"config":{"mediaType":"a/b","digest":"\#(AddressTests.sha256)","digest":"\#(AddressTests.sha256)","size":1}}"#,
        #"{"config":\#(config),"annotations":{"a":"1","a":"1"}}"#,
    ])
    func `C05: refuses names that stand twice, at any depth`(_ text: String) {
        guard case .invalidJSON(let error) = refusal(text), case .duplicateName = error.reason else {
            Issue.record("\(String(describing: refusal(text)))")
            return
        }
    }

    @Test(arguments: [
        "-1", "-9223372036854775808", "9223372036854775808", "18446744073709551616", "1e400", "1.5", "\"7\"", "null",
        "true",
    ])
    func `C09: refuses a size that is no length`(_ size: String) {
        for text in [
            #"{"config":\#(Self.descriptor(size: size)),"layers":[]}"#,
            #"{"config":\#(Self.config),"layers":[\#(Self.descriptor(size: size))]}"#,
            #"{"manifests":[\#(Self.descriptor(Self.manifestType, size: size))]}"#,
        ] {
            guard case .malformed(let reason) = refusal(text) else {
                Issue.record("\(String(describing: refusal(text)))")
                continue
            }
            #expect(reason.contains("size"), "\(reason)")
        }
    }

    @Test func `C09: accepts the largest size, and allocates nothing from it`() throws {
        let text = #"{"config":\#(Self.descriptor(size: "9223372036854775807"))}"#
        #expect(try read(text).manifest.blobs.first?.size == .max)
    }

    @Test func `C11: accepts a manifest of 8 MiB and refuses a longer one`() throws {
        func padded(to count: Int) -> String {
            let text = #"{"config":\#(Self.config),"annotations":{"a":""#
            return text + String(repeating: "x", count: count - text.utf8.count - 3) + #""}}"#
        }
        #expect(ManifestDocument.maximumSize == 8 << 20)
        #expect(try read(padded(to: 4 << 20)).bytes.count == 4 << 20)
        #expect(try read(padded(to: 8 << 20)).bytes.count == 8 << 20)
        guard case .tooLarge(let count) = refusal(padded(to: 8 << 20 + 1)) else {
            Issue.record("accepted")
            return
        }
        #expect(count == 8 << 20 + 1)
    }

    @Test(
        arguments: [
            (#"{"schemaVersion":1,"fsLayers":[],"history":[],"signatures":[]}"#, nil),
            (#"{"schemaVersion":1,"fsLayers":[]}"#, "application/json"),
            (#"{"schemaVersion":1}"#, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
            (#"{"schemaVersion":1}"#, "application/vnd.docker.distribution.manifest.v1+json; charset=utf-8"),
            ("not even JSON", "application/vnd.docker.distribution.manifest.v1+prettyjws"),
            (#"{"mediaType":"application/vnd.docker.distribution.manifest.v1+prettyjws","config":\#(config)}"#, nil),
        ] as [(String, String?)]
    )
    func `C13: refuses schema 1 by its name`(_ text: String, contentType: String?) {
        guard case .schema1 = refusal(text, as: contentType) else {
            Issue.record("\(String(describing: refusal(text, as: contentType)))")
            return
        }
    }

    @Test(arguments: [
        ("sha256:abc", DigestError.malformed("sha256:abc")),
        ("sha256:../../etc/passwd", .malformed("sha256:../../etc/passwd")),
        ("blake3:\(DigestTests.hex256)", .unsupportedAlgorithm("blake3")),
    ])
    func `C01, C02: refuses a document with a digest that cannot be used`(_ text: String, error: DigestError) {
        let layer = #"{"mediaType":"a/b","digest":"\#(text)","size":1}"#
        guard case .digest(let found) = refusal(#"{"config":\#(Self.config),"layers":[\#(layer)]}"#) else {
            Issue.record("not a digest error")
            return
        }
        #expect(found == error)
    }

    @Test(arguments: [
        #"{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]}"#,
        #"{"mediaType":"application/json","config":\#(config)}"#,
    ])
    func `refuses kinds of manifest that it does not know`(_ text: String) {
        guard case .unsupportedType = refusal(text) else {
            Issue.record("\(String(describing: refusal(text)))")
            return
        }
    }

    @Test(arguments: [
        ("{}", "neither an image manifest nor an index"),
        (#"{"schemaVersion":2,"layers":[]}"#, "neither an image manifest nor an index"),
        (#"{"config":null}"#, "an image manifest without config"),
        (#"{"manifests":null}"#, "an index without manifests"),
        (#"{"config":{}}"#, #"config: "mediaType" is missing"#),
        (#"{"config":[]}"#, "config: a value has the wrong type"),
        (#"{"manifests":{}}"#, "manifests: a value has the wrong type"),
        (#"{"config":\#(config),"layers":[\#(config),{"mediaType":"a"}]}"#, #"layers[1]: "digest" is missing"#),
        (#"{"config":\#(config),"layers":[\#(descriptor("a\\n"))]}"#, "layers[0].mediaType: not a media type"),
        (#"{"config":\#(descriptor(size: "-1"))}"#, "config.size: negative size"),
    ])
    func `says which part is missing or wrong`(_ text: String, reason: String) {
        guard case .malformed(let found) = refusal(text) else {
            Issue.record("\(String(describing: refusal(text)))")
            return
        }
        #expect(found == reason)
    }

    @Test(arguments: ["", "null", "[]", "<html>", #"{"config":\#(config)}x"#, "{\"config\":\(config)}\0"])
    func `refuses what is not strict JSON`(_ text: String) {
        guard case .invalidJSON = refusal(text) else {
            Issue.record("\(String(describing: refusal(text)))")
            return
        }
    }

    @Test func `mutations never trap, and what is accepted is exactly one kind`() {
        let corpus = [
            Self.image, Self.index, #"{"mediaType":"\#(Self.dockerType)","config":\#(Self.config),"layers":[]}"#,
        ]
        let pieces = [
            "manifests", "layers", "config", "fsLayers", "mediaType", "\"", ",", ":", "{", "}", "[", "]", "null", "-1",
            "1e99",
            Self.indexType, Self.listType, "\\u0061", "\0", "é", "sha512:",
        ]
        var mutator = Mutator(seed: 8, corpus: corpus, pieces: pieces)
        var accepted = 0
        for round in 0..<20_000 {
            let bytes = mutator.bytes()
            let contentType = [nil, Self.manifestType, Self.indexType][round % 3]
            guard let document = try? ManifestDocument(bytes: bytes, digest: digest, contentType: contentType) else {
                continue
            }
            accepted += 1
            #expect(document.bytes == bytes)
            #expect(document.descriptor.mediaType.isManifest)
            if case .index = document.manifest {
                #expect(document.descriptor.mediaType.isIndex)
            } else {
                #expect(!document.descriptor.mediaType.isIndex)
            }
            #expect((document.manifest.blobs + document.manifest.children).allSatisfy { $0.size >= 0 })
        }
        #expect(accepted > 500)
    }
}
