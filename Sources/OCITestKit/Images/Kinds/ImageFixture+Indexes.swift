// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

extension ImageFixture {
    /// Three indexes in each other; what the lowest one has stands in the highest one as well.
    static func nestedIndex() async throws -> ImageFixture {
        let images = [try await plain(seed: 601), try await plain(seed: 602)]
        let leaves = images.map(\.manifest.descriptor)
        let low = try ImageBuilder.index(of: leaves)
        let middle = try ImageBuilder.index(of: [low.descriptor])
        let root = try ImageBuilder.index(of: [middle.descriptor, leaves[0]])
        return ImageFixture(manifests: images.map(\.manifest) + [low, middle, root], blobs: images.flatMap(\.blobs))
    }

    static func singleChildIndex() async throws -> ImageFixture {
        let image = try await plain(seed: 603)
        let root = try ImageBuilder.index([(manifest: image.manifest, platform: image.platform)])
        return ImageFixture(manifests: [image.manifest, root], blobs: image.blobs)
    }

    static func dockerList() async throws -> ImageFixture {
        var children: [(manifest: ManifestDocument, platform: Platform)] = []
        var blobs: [BuiltBlob] = []
        for (seed, platform) in [(604, Workload.amd64), (605, Workload.arm64)] as [(UInt64, Platform)] {
            let image = try await BuiltImage.random(seed: seed, layerSizes: [3000, 4000], platform: platform)
            let config = BuiltBlob(
                image.blobs[0].bytes,
                mediaType: .of("application/vnd.docker.container.image.v1+json")
            )
            let layers = image.blobs.dropFirst()
                .map { BuiltBlob($0.bytes, mediaType: .of("application/vnd.docker.image.rootfs.diff.tar.gzip")) }
            let manifest = try ImageBuilder.manifest(
                config: config.descriptor,
                layers: layers.map(\.descriptor),
                mediaType: .dockerManifest
            )
            children.append((manifest: manifest, platform: platform))
            blobs += [config] + layers
        }
        let root = try ImageBuilder.index(children, mediaType: .dockerManifestList)
        return ImageFixture(manifests: children.map(\.manifest) + [root], blobs: blobs)
    }

    static func attestation() async throws -> ImageFixture {
        let signed = try await SignedImage.build(seed: 606) { _ in [] }
        return ImageFixture(
            manifests: signed.images.map(\.manifest) + [signed.attestation.manifest, signed.root],
            blobs: signed.images.flatMap(\.blobs) + signed.attestation.blobs
        )
    }

    /// What they are is said by whoever serves them, or follows from their form.
    static func untyped() async throws -> ImageFixture {
        let image = try await plain(seed: 607)
        let blobs = image.blobs.map { ImageBuilder.json($0.descriptor) }
        let manifest = try ImageBuilder.document(
            #"{"schemaVersion":2,"config":\#(blobs[0]),"layers":[\#(blobs[1])]}"#
        )
        let entry = ImageBuilder.json(manifest.descriptor)
        let root = try ImageBuilder.document(#"{"schemaVersion":2,"manifests":[\#(entry)]}"#)
        return ImageFixture(manifests: [manifest, root], blobs: image.blobs)
    }

    static func sha512Child() async throws -> ImageFixture {
        let image = try await plain(seed: 608)
        let text = String(decoding: image.manifest.bytes, as: UTF8.self)
        let child = try ImageBuilder.document(text, algorithm: .sha512)
        let root = try ImageBuilder.index(of: [child.descriptor])
        return ImageFixture(manifests: [child, root], blobs: image.blobs)
    }
}
