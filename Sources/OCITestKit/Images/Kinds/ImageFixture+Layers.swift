// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

extension ImageFixture {
    /// An image with one more layer on top of an ordinary one.
    private static func image(seed: UInt64, with layer: BuiltBlob) async throws -> ImageFixture {
        let image = try await plain(seed: seed)
        let manifest = try ImageBuilder.manifest(
            config: image.blobs[0].descriptor,
            layers: [image.blobs[1].descriptor, layer.descriptor]
        )
        return ImageFixture(manifests: [manifest], blobs: image.blobs + [layer])
    }

    static func zstandardLayer() async throws -> ImageFixture {
        let tar = SmallTar.bytes(of: [("srv/text", "compressed by another method\n")])
        let type = MediaType.of("application/vnd.oci.image.layer.v1.tar+zstd")
        return try await image(seed: 609, with: BuiltBlob(SmallTar.zstandard(tar), mediaType: type))
    }

    static func emptyLayer() async throws -> ImageFixture {
        let type = MediaType.of("application/vnd.oci.image.layer.v1.tar")
        return try await image(seed: 610, with: BuiltBlob([], mediaType: type))
    }

    static func sha512Layer() async throws -> ImageFixture {
        let tar = SmallTar.bytes(of: [("srv/text", "named by a longer hash\n")])
        return try await image(seed: 611, with: BuiltBlob(SmallTar.gzip(tar), algorithm: .sha512))
    }
}
