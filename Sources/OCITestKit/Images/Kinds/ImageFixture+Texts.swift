// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

extension ImageFixture {
    /// As much as docker-registry takes, and most others: 4 MiB, but for a little.
    static func largeManifest() async throws -> ImageFixture {
        let image = try await plain(seed: 612)
        let blobs = image.blobs.map { ImageBuilder.json($0.descriptor) }
        let value = String(repeating: "x", count: 100_000)
        let notes = (0..<39).map { #""org.example.note-\#($0)":"\#(value)""# }
        let manifest = try ImageBuilder.document(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":\(blobs[0]),"layers":[\(blobs[1])],\
            "annotations":{\(notes.joined(separator: ","))}}
            """
        )
        return ImageFixture(manifests: [manifest], blobs: image.blobs)
    }

    /// An image in an index, both written in odd ways.
    public static func oddText(seed: UInt64) async throws -> ImageFixture {
        var odd = OddJSON(seed: seed)
        let image = try await plain(seed: 613)
        let manifest = try ImageBuilder.document(try odd.rewritten(image.manifest.bytes))
        let index = try ImageBuilder.index([(manifest: manifest, platform: image.platform)])
        return ImageFixture(
            manifests: [manifest, try ImageBuilder.document(try odd.rewritten(index.bytes))],
            blobs: image.blobs
        )
    }
}
