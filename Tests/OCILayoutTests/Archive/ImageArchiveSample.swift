// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit

@testable import OCILayout

/// Archives as other tools write them, in memory.
enum ImageArchiveSample {
    /// Lends an archive.
    @discardableResult
    static func withArchive<Value: Sendable>(
        _ format: ArchiveFormat,
        _ bytes: [UInt8],
        _ body: (ImageArchive) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder()
        try folder.write(bytes, to: "x.tar")
        let archive = try await ImageArchive.open(format, at: folder.below("x.tar"), scratch: folder.path)
        do {
            let value = try await body(archive)
            try await archive.shutdown()
            return value
        } catch {
            try? await archive.shutdown()
            throw error
        }
    }

    /// An archive of an OCI image layout.
    static func oci(_ images: [BuiltImage], _ entries: [(image: BuiltImage, annotations: [String: String])]) -> [UInt8]
    {
        let blobs = images.flatMap { image in
            image.blobs.map { (digest: $0.descriptor.digest, bytes: $0.bytes) }
                + [(digest: image.manifest.descriptor.digest, bytes: image.manifest.bytes)]
        }
        let list = entries.map { entry in
            let manifest = entry.image.manifest.descriptor
            let notes = entry.annotations.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#($0.value)""# }
            return
                #"{"mediaType":"\#(manifest.mediaType)","digest":"\#(manifest.digest)","size":\#(manifest.size),"annotations":{\#(notes.joined(separator: ","))}}"#
        }
        return TarSample.member("oci-layout", Array(LayoutPaths.layoutMarkerText.utf8))
            + blobs.flatMap { TarSample.member("blobs/sha256/\($0.digest.hex)", $0.bytes) }
            + TarSample.member(
                "index.json",
                Array(#"{"schemaVersion":2,"manifests":[\#(list.joined(separator: ","))]}"#.utf8)
            ) + TarSample.end
    }

    /// The annotation with the name of an image.
    static func named(_ name: String) -> [String: String] { [ManifestEntry.tagAnnotation: name] }
}

/// What `docker save` writes of an image whose layers are not compressed, or are.
struct DockerSample {
    let layers: [[UInt8]]
    let config: [UInt8]

    init(_ layers: [[UInt8]], contents: [[UInt8]]? = nil) {
        self.layers = layers
        let digests = (contents ?? layers).map { "\"\(Digester.digest(of: $0))\"" }.joined(separator: ",")
        config = Array(
            #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[\#(digests)]}}"#.utf8
        )
    }

    var configName: String { "\(Digester.digest(of: config).hex).json" }

    func entry(_ names: [String]?, layers files: [String]) -> String {
        func list(_ texts: [String]) -> String { "[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]" }
        return #"{"Config":"\#(configName)","RepoTags":\#(names.map(list) ?? "null"),"Layers":\#(list(files))}"#
    }

    static func list(_ entries: String...) -> [UInt8] {
        TarSample.member("manifest.json", Array("[\(entries.joined(separator: ","))]".utf8)) + TarSample.end
    }
}
