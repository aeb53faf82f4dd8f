// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI

/// What the `manifest.json` of `docker save` says of one image.
struct DockerImage: Hashable {
    /// The name of the file that is its configuration.
    var config = ""
    /// Its names, with tags.
    var names: [String] = []
    /// The names of the files that are its layers, lowest first.
    var layers: [String] = []

    /// Reads the list of images.
    /// - Throws: `JSONSlices.Mistake`.
    static func list(_ bytes: [UInt8], limit: Int) throws -> [DockerImage] {
        try JSONSlices.elements(of: bytes[...], limit: limit).map { try DockerImage($0) }
    }

    private init(_ bytes: ArraySlice<UInt8>) throws {
        let mistake = JSONSlices.Mistake(offset: bytes.startIndex)
        for (name, value) in try JSONSlices.members(of: bytes) {
            switch name {
            case "Config":
                guard let text = JSONSlices.text(value) else { throw mistake }
                config = text
            case "RepoTags": names = try Self.texts(value)
            case "Layers": layers = try Self.texts(value)
            default: continue
            }
        }
        guard !config.isEmpty else { throw mistake }
    }

    /// A list of texts; `null` is an empty one.
    private static func texts(_ value: ArraySlice<UInt8>) throws -> [String] {
        if value.elementsEqual("null".utf8) { return [] }
        return try JSONSlices.elements(of: value)
            .map { element in
                guard let text = JSONSlices.text(element) else {
                    throw JSONSlices.Mistake(offset: element.startIndex)
                }
                return text
            }
    }

    /// The digests of the layers before they were compressed, as the configuration of an image says them (image-spec, config.md,
    /// "rootfs"); `nil` if it does not.
    static func layers(ofConfiguration bytes: [UInt8]) -> [Digest]? {
        guard let body = try? JSONDecoder().decode(Configuration.self, from: Data(bytes)) else { return nil }
        let texts = body.rootfs.layers ?? []
        let digests = texts.compactMap { try? Digest($0) }
        return digests.count == texts.count ? digests : nil
    }

    /// The part of a configuration that names layers.
    private struct Configuration: Decodable {
        struct RootFS: Decodable {
            enum CodingKeys: String, CodingKey { case layers = "diff_ids" }

            var layers: [String]?
        }

        var rootfs: RootFS
    }

    /// A manifest of an image, written in one way only.
    static func manifest(config: Descriptor, layers: [Descriptor]) -> [UInt8] {
        func text(_ part: Descriptor) -> String {
            #"{"mediaType":"\#(part.mediaType)","digest":"\#(part.digest)","size":\#(part.size)}"#
        }
        let list = layers.map(text).joined(separator: ",")
        return Array(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(text(config)),"layers":[\#(list)]}"#
                .utf8
        )
    }
}
