// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// An image of two platforms with everything that hangs on images in the field: an attestation of BuildKit in the index,
/// classic signatures of cosign behind tags, a bundle of cosign 3 and a signature of Notation as referrers, a bill of
/// materials of one platform, and a signature of that.
public struct SignedImage: Sendable {
    /// A manifest with the blobs that only it needs.
    public struct Part: Sendable {
        /// The manifest.
        public let manifest: ManifestDocument
        /// Its blobs.
        public let blobs: [BuiltBlob]
    }

    /// The index.
    public let root: ManifestDocument
    /// The images of the index, in its order.
    public let images: [BuiltImage]
    /// The attestation in the index.
    public let attestation: Part
    /// What refers to something, with the digest of that.
    public let referrers: [(subject: Digest, part: Part)]
    /// What stands behind a tag that is made of a digest.
    public let tagged: [(tag: TagName, part: Part)]

    /// What a signature of cosign is over, as its tag form has it.
    public static func payload(of digest: Digest, in repository: String) -> [UInt8] {
        Array(
            """
            {"critical":{"identity":{"docker-reference":"\(repository)"},"image":{"docker-manifest-digest":"\(digest)"},\
            "type":"cosign container image signature"},"optional":null}
            """
            .utf8
        )
    }

    /// Builds one.
    /// - Parameters:
    ///   - seed: What its layers depend on.
    ///   - sign: Signs the payload of cosign; the result is ASN.1 DER.
    public static func build(
        seed: UInt64,
        sign: ([UInt8]) async throws -> [UInt8]
    ) async throws -> SignedImage {
        var images: [BuiltImage] = []
        for architecture in ["amd64", "arm64"] {
            let platform = Platform(os: "linux", architecture: architecture)
            images.append(try await BuiltImage.random(seed: seed, layerSizes: [3000, 5000], platform: platform))
        }
        let attested = images[0].manifest.descriptor.digest
        let attestation = try part(
            #""config":CONFIG,"layers":[LAYER]"#,
            layer: #"{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v0.2"}"#,
            layerType: "application/vnd.in-toto+json"
        )
        let root = try index(images, attestation.manifest, of: attested)
        let digest = root.descriptor.digest
        func refers(to subject: Descriptor, _ type: String, _ text: String) throws -> (Digest, Part) {
            let part = try part(
                #""artifactType":"\#(type)","config":CONFIG,"layers":[LAYER],"subject":\#(ImageBuilder.json(subject)),"#
                    + #""annotations":{"org.opencontainers.image.created":"2026-01-01T00:00:00Z"}"#,
                layer: text,
                layerType: type
            )
            return (subject.digest, part)
        }
        let bill = try refers(
            to: images[1].manifest.descriptor,
            "application/spdx+json",
            #"{"spdxVersion":"SPDX-2.3"}"#
        )
        let referrers = [
            try refers(to: root.descriptor, "application/vnd.dev.sigstore.bundle.v0.3+json", #"{"dsseEnvelope":{}}"#),
            try refers(to: root.descriptor, "application/vnd.cncf.notary.signature", #"{"payload":"e30"}"#), bill,
            try refers(to: bill.1.manifest.descriptor, "application/vnd.cncf.notary.signature", #"{"payload":"e31"}"#),
        ]
        let payload = payload(of: digest, in: "registry.example/team/app")
        let signature = try part(
            #""config":CONFIG,"layers":[LAYER]"#,
            layer: String(decoding: payload, as: UTF8.self),
            layerType: "application/vnd.dev.cosign.simplesigning.v1+json",
            annotations: ["dev.cosignproject.cosign/signature": base64(try await sign(payload))]
        )
        let attestationTag = try part(
            #""config":CONFIG,"layers":[LAYER]"#,
            layer: #"{"payloadType":"application/vnd.in-toto+json"}"#,
            layerType: "application/vnd.dsse.envelope.v1+json"
        )
        return SignedImage(
            root: root,
            images: images,
            attestation: attestation,
            referrers: referrers.map { (subject: $0.0, part: $0.1) },
            tagged: [
                (tag: CompanionTag(.signature, of: digest).tag, part: signature),
                (tag: CompanionTag(.attestation, of: attested).tag, part: attestationTag),
            ]
        )
    }

    /// Writes everything to a repository, the image last.
    public func write(to sink: any ContentSink, as tag: TagName) async throws {
        for image in images { try await image.write(to: sink) }
        try await write(attestation, to: sink)
        try await sink.publish(root, as: tag)
        for (_, part) in referrers { try await write(part, to: sink) }
        for (tag, part) in tagged { try await write(part, to: sink, as: tag) }
    }

    private func write(_ part: Part, to sink: any ContentSink, as tag: TagName? = nil) async throws {
        try await BuiltImage(part, Platform(os: "unknown", architecture: "unknown")).write(to: sink, as: tag)
    }

    private static func part(
        _ members: String,
        layer: String,
        layerType: String,
        annotations: [String: String] = [:]
    ) throws -> Part {
        let config = BuiltBlob.empty
        let blob = BuiltBlob(Array(layer.utf8), mediaType: .of(layerType))
        let notes = annotations.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#($0.value)""# }
        let extra = notes.isEmpty ? "" : #","annotations":{\#(notes.joined(separator: ","))}"#
        let body = members.replacing("CONFIG", with: ImageBuilder.json(config.descriptor))
            .replacing("LAYER", with: ImageBuilder.json(blob.descriptor, extra))
        let manifest = try ImageBuilder.document(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)",\#(body)}"#
        )
        return Part(manifest: manifest, blobs: [config, blob])
    }

    /// An index as BuildKit writes it: the attestation stands beside the images, for no platform.
    private static func index(
        _ images: [BuiltImage],
        _ attestation: ManifestDocument,
        of attested: Digest
    ) throws -> ManifestDocument {
        let entries = images.map { image in
            let descriptor = image.manifest.descriptor
            return """
                { "mediaType": "\(descriptor.mediaType)", "digest": "\(descriptor.digest)", "size": \(descriptor.size),
                  "platform": { "architecture": "\(image.platform.architecture)", "os": "\(image.platform.os)" } }
                """
        }
        let descriptor = attestation.descriptor
        let last = """
            { "mediaType": "\(descriptor.mediaType)", "digest": "\(descriptor.digest)", "size": \(descriptor.size),
              "annotations": { "vnd.docker.reference.digest": "\(attested)",
                               "vnd.docker.reference.type": "attestation-manifest" },
              "platform": { "architecture": "unknown", "os": "unknown" } }
            """
        return try ImageBuilder.document(
            """
            { "schemaVersion": 2, "mediaType": "\(MediaType.ociIndex)", "x-unknown": 1.0,
              "manifests": [ \((entries + [last]).joined(separator: ", ")) ] }
            """
        )
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                out.append(place > group.count ? UInt8(ascii: "=") : digits[bits >> (18 - 6 * place) & 63])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
