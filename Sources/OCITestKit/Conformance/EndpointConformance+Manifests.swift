// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

extension EndpointConformance {
    /// What becomes of manifests and tags.
    static let manifestPromises = [
        Promise("a manifest that is published is there by tag and by digest, byte by byte") { trial in
            let image = try await trial.image()
            try await image.write(to: trial.sink, as: .latest)
            try await finds(image.manifest, at: .tag(.latest), trial)
            try await finds(image.manifest, at: .digest(image.manifest.descriptor.digest), trial)
        },
        Promise("a manifest that is written without a tag is there by digest, and makes no tag") { trial in
            let image = try await trial.image()
            try await image.write(to: trial.sink)
            try await finds(image.manifest, at: .digest(image.manifest.descriptor.digest), trial)
            try trial.expect(try await trial.source.tags().all().isEmpty, "there is a tag")
        },
        Promise("a manifest keeps its bytes, however it is spaced") { trial in
            let image = try await trial.image()
            try await image.write(to: trial.sink)
            let text = String(decoding: image.manifest.bytes, as: UTF8.self)
            let spaced = try ImageBuilder.document(" \n{\n\t\(text.dropFirst().dropLast()) ,\"annotations\":{} }\r\n\n")
            try await trial.sink.publish(spaced, as: .latest)
            try await finds(spaced, at: .tag(.latest), trial)
        },
        Promise("publishing moves a tag, and leaves what it pointed to") { trial in
            let first = try await trial.image(1)
            let second = try await trial.image(2)
            try await first.write(to: trial.sink, as: .latest)
            try await second.write(to: trial.sink, as: .latest)
            try await finds(second.manifest, at: .tag(.latest), trial)
            try await finds(first.manifest, at: .digest(first.manifest.descriptor.digest), trial)
            try trial.expect(try await trial.source.tags().all().count == 1, "there is not one tag")
        },
        Promise("publishing again what is there already changes nothing") { trial in
            let image = try await trial.image()
            for _ in 0..<2 { try await image.write(to: trial.sink, as: .latest) }
            try await finds(image.manifest, at: .tag(.latest), trial)
        },
        Promise("an index is published after its children, which are there by digest") { trial in
            let arm = Platform(os: "linux", architecture: "arm64", variant: "v8")
            let images = [try await trial.image(1), try await trial.image(2)]
            for image in images { try await image.write(to: trial.sink) }
            let index = try ImageBuilder.index([
                (manifest: images[0].manifest, platform: images[0].platform),
                (manifest: images[1].manifest, platform: arm),
            ])
            try await trial.sink.publish(index, as: .latest)
            try await finds(index, at: .tag(.latest), trial)
            let children = try await trial.source.document(at: .tag(.latest))?.manifest.children ?? []
            try trial.expect(children.map(\.platform) == [images[0].platform, arm], "the platforms are \(children)")
            for (child, image) in zip(children, images) {
                try await finds(image.manifest, at: .digest(child.digest), trial)
            }
        },
        Promise("a manifest of Docker's type keeps its type") { trial in
            let image = try await trial.image()
            try await image.write(to: trial.sink)
            let text = String(decoding: image.manifest.bytes, as: UTF8.self)
                .replacing("\(MediaType.ociManifest)", with: "\(MediaType.dockerManifest)")
            let docker = try ImageBuilder.document(text)
            try await trial.sink.publish(docker, as: .latest)
            try await finds(docker, at: .tag(.latest), trial)
        },
    ]

    private static func finds(_ document: ManifestDocument, at target: Target, _ trial: Trial) async throws {
        for (index, side) in [(trial.source as any ContentIndex, "source"), (trial.sink, "sink")] {
            let found = try await index.document(at: target)
            try trial.expect(found?.bytes == document.bytes, "the \(side) gives other bytes at \(target)")
            try trial.expect(
                found?.descriptor == document.descriptor,
                "the \(side) gives \(String(describing: found?.descriptor)) at \(target)"
            )
            let resolved = try await index.resolve(target)
            try trial.expect(
                resolved?.digest == document.descriptor.digest,
                "the \(side) resolves \(target) to \(String(describing: resolved))"
            )
        }
    }
}
