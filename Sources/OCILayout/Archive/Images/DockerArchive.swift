// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI
import OCIContent

/// Reads what `docker save` writes, and makes manifests of it, since the archive need not have any; calls block.
///
/// The same archive always makes the same manifests: a layer is what it is in the archive, compressed or not, and the
/// configuration has its exact bytes.
struct DockerArchive {
    /// The longest list of images, in bytes.
    private static let longestList: Int64 = 8 << 20
    /// More images than any file has.
    private static let mostImages = 10_000
    private static let listName = "manifest.json"

    private let members: TarIndex
    private let isCancelled: @Sendable () -> Bool
    private var content: ArchiveContent
    /// What layers were found to be, by where they are: images share them.
    private var known: [Range<Int64>: Descriptor] = [:]
    /// What configurations say, by where they are: images share them, too.
    private var configurations: [Range<Int64>: Configuration] = [:]

    /// What is needed of a configuration.
    private struct Configuration {
        let digest: Digest
        /// The layers before they were compressed; `nil` if it does not name any.
        let layers: [Digest]?
    }

    private init(_ bytes: ArchiveBytes, isCancelled: @escaping @Sendable () -> Bool) throws {
        members = try TarIndex(of: bytes, isCancelled: isCancelled)
        content = ArchiveContent(format: .docker, bytes: bytes)
        self.isCancelled = isCancelled
    }

    /// - Throws: ``ArchiveError``, `ContentError`, `CancellationError`.
    static func content(
        of bytes: ArchiveBytes,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws -> ArchiveContent {
        var archive = try DockerArchive(bytes, isCancelled: isCancelled)
        try archive.read()
        return archive.content
    }

    private mutating func read() throws {
        guard let list = try content.document(Self.listName, in: members, limit: Self.longestList) else {
            throw ArchiveError.notAnArchive(path: content.bytes.path, .docker)
        }
        var byRepository: [RepositoryName: [ArchiveListing.Image]] = [:]
        for image in try images(list.bytes, at: list.offset) {
            if isCancelled() { throw CancellationError() }
            guard !image.names.isEmpty else { throw ArchiveError.namelessImage(path: content.bytes.path) }
            let manifest = try manifest(of: image)
            for name in image.names {
                guard let known = ImageName(full: name) else {
                    throw content.damaged(Self.listName, at: list.offset, "\"\(name)\" is no name of an image")
                }
                let entry = PlainIndex.Entry(manifest, name: known.tag.text)
                byRepository[known.repository, default: []].append((entry, name))
            }
        }
        content.shelves = byRepository.mapValues { ArchiveListing($0) }
    }

    private func images(_ bytes: [UInt8], at offset: Int64) throws -> [DockerImage] {
        do {
            return try DockerImage.list(bytes, limit: Self.mostImages)
        } catch let error as JSONSlices.Mistake {
            let reason =
                error.isTooMany
                ? "it lists more than \(Self.mostImages) images" : "it is no list of images at byte \(error.offset)"
            throw content.damaged(Self.listName, at: offset, reason)
        }
    }

    /// Makes the manifest of an image.
    private mutating func manifest(of image: DockerImage) throws -> Descriptor {
        guard let range = members.file(at: image.config) else { throw missing(image.config) }
        let configuration = try configuration(image.config, at: range)
        let digest = configuration.digest
        let name = image.config.split(separator: "/").last?.prefix { $0 != "." } ?? ""
        if let named = try? Digest("sha256:\(name)"), named != digest {
            throw ContentError.wrongDigest(expected: named, actual: digest)
        }
        guard let contents = configuration.layers, contents.count == image.layers.count else {
            let reason = "it does not name the \(image.layers.count) layers"
            throw content.damaged(image.config, at: range.lowerBound, reason)
        }
        content.pieces[digest] = range
        let config = Descriptor(mediaType: .ociConfig, digest: digest, size: range.upperBound - range.lowerBound)
        let layers = try zip(image.layers, contents).map { try layer($0, content: $1) }
        let bytes = DockerImage.manifest(config: config, layers: layers)
        let made = Descriptor(mediaType: .ociManifest, digest: Digester.digest(of: bytes), size: Int64(bytes.count))
        content.made[made.digest] = bytes
        return made
    }

    private mutating func configuration(_ name: String, at range: Range<Int64>) throws -> Configuration {
        if let configuration = configurations[range] { return configuration }
        let bytes = try content.document(name, at: range, limit: Int64(ManifestDocument.maximumSize))
        let layers = DockerImage.layers(ofConfiguration: bytes)
        let configuration = Configuration(digest: Digester.digest(of: bytes), layers: layers)
        configurations[range] = configuration
        return configuration
    }

    /// What a layer is.
    ///
    /// One that is not compressed is called by its configuration, and hashed when it is read; what another one is called,
    /// nothing says, so that it has to be hashed now.
    private mutating func layer(_ name: String, content diff: Digest) throws -> Descriptor {
        guard let range = members.file(at: name) else { throw missing(name) }
        let size = range.upperBound - range.lowerBound
        if let layer = known[range], layer.mediaType != .ociLayer || layer.digest == diff { return layer }
        let mark = try content.bytes.read(min(Compression.markLength, Int(size)), at: range.lowerBound)
        let type: MediaType =
            switch Compression(mark: mark) {
            case nil: .ociLayer
            case .gzip: .ociLayerGzip
            case .zstandard: .ociLayerZstandard
            }
        let hash = type == .ociLayer ? diff : try content.bytes.digest(of: range, isCancelled: isCancelled)
        guard let digest = hash else {
            throw content.damaged(name, at: range.lowerBound, "it ends too early")
        }
        if let other = content.pieces[digest], other.upperBound - other.lowerBound != size {
            throw content.damaged(
                name,
                at: range.lowerBound,
                "another layer of another length is called \(digest), too"
            )
        }
        content.pieces[digest] = range
        let layer = Descriptor(mediaType: type, digest: digest, size: size)
        known[range] = layer
        return layer
    }

    private func missing(_ name: String) -> ArchiveError {
        content.damaged(
            Self.listName,
            at: members.files[Self.listName]?.lowerBound ?? 0,
            "it names \(name), which is not there"
        )
    }
}
