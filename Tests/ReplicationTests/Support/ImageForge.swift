// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Replication

/// Makes small random images, the same for the same seed: single ones and indexes, which share layers and children,
/// written in odd ways.
final class ImageForge {
    /// A layer whose publisher does not let it be copied.
    static let foreign =
        MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip") ?? MediaType.ociLayerGzip

    var random: SeededRandom
    /// The bytes of each blob that was made, other than those of non-distributable layers.
    private(set) var blobs: [Digest: [UInt8]] = [:]
    private(set) var documents: [Digest: ManifestDocument] = [:]
    private var pool: [Descriptor] = []
    private var configs: [Descriptor] = []
    private var heights: [(document: ManifestDocument, height: Int)] = []
    private var made: UInt64 = 0

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    func chance(_ one: Int, in many: Int) -> Bool { random.next(in: 1...many) <= one }

    /// An image or an index, at most so deep.
    func root(depth: Int = 3) throws -> ManifestDocument {
        if chance(1, in: 5), let known = heights.randomElement(using: &random), known.height <= depth {
            return known.document
        }
        return depth == 0 || chance(1, in: 2) ? try image() : try index(depth: depth)
    }

    /// A layer, an old one as often as a new one.
    func layer() -> Descriptor {
        if chance(1, in: 2), let known = pool.randomElement(using: &random) { return known }
        let layer = chance(1, in: 10) ? nonDistributable() : blob(.ociLayerGzip)
        pool.append(layer)
        return layer
    }

    /// A blob that is new.
    func blob(_ mediaType: MediaType) -> Descriptor {
        made += 1
        let bytes = (0..<random.next(in: 1...64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let built = BuiltBlob(Array("\(made) ".utf8) + bytes, mediaType: mediaType)
        blobs[built.descriptor.digest] = built.bytes
        return built.descriptor
    }

    private func nonDistributable() -> Descriptor {
        made += 1
        var descriptor = BuiltBlob(Array("foreign \(made)".utf8), mediaType: Self.foreign).descriptor
        descriptor.urls = ["https://example.test/layer-\(made)"]
        return descriptor
    }

    /// An image of up to four layers.
    func image() throws -> ManifestDocument {
        let config: Descriptor
        if chance(1, in: 8), let known = configs.randomElement(using: &random) {
            config = known
        } else {
            config = blob(.ociConfig)
            configs.append(config)
        }
        let layers = (0..<random.next(in: 0...4)).map { _ in layer() }
        return try image(config: config, layers: layers)
    }

    func image(config: Descriptor, layers: [Descriptor]) throws -> ManifestDocument {
        let document = try write(
            [
                ("schemaVersion", "2"), ("mediaType", "\"\(MediaType.ociManifest)\""), ("config", text(config)),
                ("layers", array(layers)),
            ]
        )
        keep(document, height: 0)
        return document
    }

    /// An index of new and old manifests, some of them twice, some indexes of none or one.
    func index(depth: Int) throws -> ManifestDocument {
        var children: [ManifestDocument] = []
        for _ in 0..<random.next(in: 0...3) {
            let known = heights.filter { $0.height < depth }.randomElement(using: &random)
            if chance(1, in: 3), let known {
                children.append(known.document)
            } else {
                children.append(depth > 1 && chance(1, in: 2) ? try index(depth: depth - 1) : try image())
            }
            if chance(1, in: 8), let last = children.last { children.append(last) }
        }
        return try index(of: children)
    }

    func index(of children: [ManifestDocument]) throws -> ManifestDocument {
        let type: MediaType = chance(1, in: 4) ? .dockerManifestList : .ociIndex
        let document = try write(
            [
                ("schemaVersion", "2"), ("mediaType", "\"\(type)\""),
                ("manifests", array(children.map(\.descriptor))),
            ]
        )
        let below = children.compactMap { child in heights.first { $0.document == child }?.height }.max()
        keep(document, height: below.map { $0 + 1 } ?? 0)
        return document
    }

    private func keep(_ document: ManifestDocument, height: Int) {
        if documents.updateValue(document, forKey: document.descriptor.digest) == nil {
            heights.append((document, height))
        }
    }

    /// Members in any order, with spaces in odd places, a member that nobody knows, and an escape that nobody needs.
    private func write(_ members: [(name: String, value: String)]) throws -> ManifestDocument {
        var members = members
        made += 1
        members.append(("x-unknown", #"{"\u0061\/b": [null, 1e0, "\#(made)"]}"#))
        for place in members.indices { members.swapAt(place, random.next(in: place...members.count - 1)) }
        let space = ["", " ", "\n\t", "\r\n  "][random.next(in: 0...3)]
        let text = members.map { "\(space)\"\($0.name)\"\(space):\(space)\($0.value)" }.joined(separator: "\(space),")
        return try ImageBuilder.document("\(space){\(text)\(space)}\(chance(1, in: 2) ? "\n" : "")")
    }

    private func array(_ descriptors: [Descriptor]) -> String {
        "[\(descriptors.map(text).joined(separator: ",  "))]"
    }

    private func text(_ descriptor: Descriptor) -> String {
        let urls = descriptor.urls.isEmpty ? "" : #", "urls": ["\#(descriptor.urls.joined(separator: #"",""#))"]"#
        return """
            { "size":\(descriptor.size),"digest" : "\(descriptor.digest)", "mediaType":"\(descriptor.mediaType)"\(urls)}
            """
    }

    /// Everything that a root reaches, as a survey would find it.
    func graph(of root: ManifestDocument) -> ImageGraph {
        var found: [Digest: ManifestDocument] = [:]
        var open = [root]
        while let next = open.popLast() {
            for child in next.manifest.children where found[child.digest] == nil {
                guard let document = documents[child.digest] else { continue }
                found[child.digest] = document
                open.append(document)
            }
        }
        return ImageGraph(root: root, descendants: found)
    }

    /// Puts an image and all that it reaches into a repository.
    func put(_ root: ManifestDocument, as tag: TagName?, into repository: MemoryRepository) async throws {
        let graph = graph(of: root)
        for document in Array(graph.descendants.values) + [root] {
            for blob in document.manifest.blobs { if let bytes = blobs[blob.digest] { repository.add(bytes) } }
        }
        var written: Set<Digest> = []
        func write(_ document: ManifestDocument) async throws {
            for child in document.manifest.children where written.insert(child.digest).inserted {
                if let below = graph.descendants[child.digest] { try await write(below) }
            }
            if document != root { try await repository.write(document) }
        }
        try await write(root)
        if let tag { try await repository.publish(root, as: tag) } else { try await repository.write(root) }
    }
}
