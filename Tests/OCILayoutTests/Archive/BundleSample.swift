// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIContent
import OCITestKit

@testable import OCILayout

/// Images of two repositories that share a layer, as a bundle is made of them.
struct BundleSample {
    let source: MemoryEndpoint
    let contents: BundleContents

    static let app = repository("team/app")
    static let base = repository("library/base")

    /// What a place has, or a part of it.
    init(source: MemoryEndpoint, contents: BundleContents) {
        self.source = source
        self.contents = contents
    }

    /// - Parameter layerSize: About how long each layer is, in bytes.
    init(layerSize: Int64 = 4096) async throws {
        source = MemoryEndpoint()
        let images = [
            try await BuiltImage.random(seed: 1, layerSizes: [layerSize, layerSize]),
            try await BuiltImage.random(seed: 1, layerSizes: [layerSize, 2 * layerSize]),
        ]
        var base = BundleContents.Repository(host: try RegistryHost("docker.io"), name: Self.base)
        var app = BundleContents.Repository(host: try RegistryHost("registry.lan:5000"), name: Self.app)
        try await images[0].write(to: source[Self.base], as: tag("1"))
        try await images[1].write(to: source[Self.app], as: tag("2"))
        base.take(images[0], as: tag("1"))
        app.take(images[1], as: tag("2"))
        contents = BundleContents(repositories: [base, app])
    }

    /// Writes a bundle of it.
    /// - Parameter reversed: Whether the pieces come in the opposite order.
    func write(to sink: any BundleSink, reversed: Bool = false) async throws {
        try await sink.begin(contents)
        for piece in reversed ? contents.pieces.reversed() : contents.pieces { try await write(piece, to: sink) }
        try await sink.finish()
    }

    /// Writes one piece, unless it is there.
    func write(_ piece: BundleContents.Piece, to sink: any BundleSink) async throws {
        if try await sink.holds(piece.blob.digest) { return }
        let place = source[contents.repositories[piece.repository].name]
        switch piece.kind {
        case .blob:
            let blob = Descriptor(mediaType: .octetStream, digest: piece.blob.digest, size: piece.blob.size)
            try await sink.write(BlobContent(blob, from: place))
        case .manifest:
            guard let document = try await place.document(at: .digest(piece.blob.digest)) else {
                throw ContentError.missing(piece.blob.digest)
            }
            try await sink.write(document)
        }
    }

    /// Writes the bundle to a file, and returns its bytes.
    @discardableResult
    func file(at path: String, reversed: Bool = false) async throws -> [UInt8] {
        let writer = try BundleWriter.open(at: path)
        do { try await write(to: writer, reversed: reversed) } catch {
            try await writer.shutdown()
            throw error
        }
        try await writer.shutdown()
        return Array(try Data(contentsOf: URL(filePath: path)))
    }
}

extension BundleContents.Repository {
    mutating func take(_ image: BuiltImage, as tag: TagName?) {
        let sizes = image.blobs.reduce(0) { $0 + $1.descriptor.size }
        roots.append(BundleContents.Root(tag: tag, manifest: image.manifest.descriptor, bytes: sizes))
        manifests.append(image.manifest.descriptor)
        blobs += image.blobs.map { BundleContents.Blob(digest: $0.descriptor.digest, size: $0.descriptor.size) }
    }
}
