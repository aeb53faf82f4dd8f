// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// A source that has a whole workload, whose layers are made while they are read.
///
/// Manifests and configurations are in memory, layers nowhere.
public final class GeneratedEndpoint: SourceEndpoint {
    /// How much there is of everything.
    public struct Totals: Hashable, Sendable {
        /// Tags of all repositories.
        public var tags = 0
        /// Manifests and indexes, counted in each repository.
        public var manifests = 0
        /// Blobs, counted in each repository.
        public var blobPairs = 0
        /// Blobs, each counted once.
        public var distinctBlobs = 0
        /// The bytes of the blobs, each counted once.
        public var bytes: Int64 = 0
    }

    struct Repository: Sendable {
        var tags: [TagEntry] = []
        var manifests: [Target: ManifestDocument] = [:]
        var blobs: Set<Digest> = []
    }

    enum Blob: Sendable {
        case configuration(BuiltBlob)
        case layer(TarGzip, TarGzip.Figures)

        var size: Int64 {
            switch self {
            case .configuration(let blob): blob.descriptor.size
            case .layer(let layer, _): layer.size
            }
        }
    }

    /// The name of the workload.
    public let name: String
    let repositories: [RepositoryName: Repository]
    let blobs: [Digest: Blob]
    private let order: [RepositoryName]

    /// Makes every layer once, to know the digests; as many at the same time as `width` says.
    public init(_ workload: Workload, width: Int = 2) async throws {
        let figures = await Self.figures(of: workload, width: width)
        var repositories: [RepositoryName: Repository] = [:]
        var assembly = Assembly(figures: figures)
        for repository in workload.repositories {
            repositories[repository.name] = try assembly.assemble(repository)
        }
        name = workload.name
        order = workload.repositories.map(\.name)
        self.repositories = repositories
        blobs = assembly.blobs
    }

    /// How much there is of everything.
    public var totals: Totals {
        var totals = Totals(distinctBlobs: blobs.count, bytes: blobs.values.reduce(0) { $0 + $1.size })
        for repository in repositories.values {
            totals.tags += repository.tags.count
            totals.manifests += repository.manifests.keys.count { if case .digest = $0 { true } else { false } }
            totals.blobPairs += repository.blobs.count
        }
        return totals
    }

    /// The names of the repositories, in order, on one page.
    public func catalog(below paths: [RepositoryName]) -> Pages<RepositoryName> { Pages(order) }

    /// One repository of it.
    public func source(_ repository: RepositoryName) -> any ContentSource {
        GeneratedRepository(name: repository, endpoint: self)
    }

    private static func figures(of workload: Workload, width: Int) async -> [TarGzip: TarGzip.Figures] {
        let roots = workload.repositories.flatMap(\.tags).map(\.root)
        let layers = Set(roots.flatMap(\.images).flatMap(\.layers))
        return await withTaskGroup(of: (TarGzip, TarGzip.Figures).self) { group in
            var figures: [TarGzip: TarGzip.Figures] = [:]
            // The large ones first, so that none of them is left alone at the end.
            for (place, layer) in layers.sorted(by: { $0.size > $1.size }).enumerated() {
                if place >= width, let (done, its) = await group.next() { figures[done] = its }
                group.addTask { (layer, await layer.figures()) }
            }
            for await (done, its) in group { figures[done] = its }
            return figures
        }
    }
}

/// Puts the documents of a workload together, once the names of its layers are known.
private struct Assembly {
    let figures: [TarGzip: TarGzip.Figures]
    var blobs: [Digest: GeneratedEndpoint.Blob] = [:]

    init(figures: [TarGzip: TarGzip.Figures]) { self.figures = figures }

    mutating func assemble(_ described: Workload.Repository) throws -> GeneratedEndpoint.Repository {
        var repository = GeneratedEndpoint.Repository()
        for (tag, root) in described.tags {
            let images = try root.images.map { image in
                try manifest(of: image, label: "\(described.name):\(tag)", in: &repository)
            }
            let document =
                switch root {
                case .image: images[0]
                case .index(let parts): try ImageBuilder.index(zip(images, parts).map { ($0, $1.platform) })
                }
            repository.manifests[.digest(document.descriptor.digest)] = document
            repository.manifests[.tag(tag)] = document
            repository.tags.append(TagEntry(tag: tag))
        }
        return repository
    }

    private mutating func manifest(
        of image: Workload.Image,
        label: String,
        in repository: inout GeneratedEndpoint.Repository
    ) throws -> ManifestDocument {
        var layers: [Descriptor] = []
        var diffIDs: [Digest] = []
        for layer in image.layers {
            guard let its = figures[layer] else { continue }
            layers.append(Descriptor(mediaType: .ociLayerGzip, digest: its.digest, size: layer.size))
            diffIDs.append(its.diffID)
            blobs[its.digest] = .layer(layer, its)
        }
        let config = ImageBuilder.configuration(platform: image.platform, diffIDs: diffIDs, label: label)
        blobs[config.descriptor.digest] = .configuration(config)
        repository.blobs.formUnion([config.descriptor.digest] + layers.map(\.digest))
        let document = try ImageBuilder.manifest(config: config.descriptor, layers: layers)
        repository.manifests[.digest(document.descriptor.digest)] = document
        return document
    }
}
