// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// Opens images: fetches a root and every manifest below it, level by level, each once.
public struct ImageOpener: Sendable {
    private let limits: GraphLimits
    let documents: DocumentCache
    let platforms: PlatformRule?
    private let layers: NonDistributableLayers
    private let rootAnswered: @Sendable () -> Void

    /// Makes an opener that remembers nothing from before.
    public init(limits: GraphLimits = GraphLimits()) {
        self.init(limits: limits, documents: DocumentCache())
    }

    /// - Parameter rootAnswered: Told when the place has answered about a root, whatever the answer.
    init(
        limits: GraphLimits,
        documents: DocumentCache,
        platforms: PlatformRule? = nil,
        layers: NonDistributableLayers = .skip,
        rootAnswered: @escaping @Sendable () -> Void = {}
    ) {
        self.limits = limits
        self.documents = documents
        self.platforms = platforms
        self.layers = layers
        self.rootAnswered = rootAnswered
    }

    /// Fetches an image's manifests.
    /// - Throws: ``RootMissing``, ``GraphError``, and what the place throws.
    public func open(_ target: Target, from source: any ContentSource) async throws -> ImageGraph {
        let root = try await root(target, from: source)
        var descendants: [Digest: ManifestDocument] = [:]
        var omitted: Set<Digest> = []
        var bytes = root.bytes.count
        var level = [root]
        var depth = 0
        while true {
            let wanted = wantedChildren(of: level, known: descendants, &omitted)
            if wanted.isEmpty { break }
            depth += 1
            guard depth <= limits.depth else { throw GraphError.tooDeep(limit: limits.depth) }
            guard descendants.count + wanted.count < limits.manifests else {
                throw GraphError.tooManyManifests(limit: limits.manifests)
            }
            level = []
            for (child, parent) in wanted {
                let document = try await documents.document(child.digest, from: source)
                guard let document else { throw GraphError.missingChild(child.digest, of: parent) }
                guard document.descriptor.mediaType == child.mediaType, document.descriptor.size == child.size
                else {
                    throw GraphError.mismatchedChild(child.digest, of: parent)
                }
                bytes += document.bytes.count
                guard bytes <= limits.bytes else { throw GraphError.tooManyBytes(limit: limits.bytes) }
                descendants[child.digest] = document
                level.append(document)
            }
        }
        var graph = try await graph(root, descendants, omitted)
        if layers == .copy { graph.servedLayers = try await servedLayers(of: [root] + descendants.values, by: source) }
        return graph
    }

    /// Fetches what a name points to, and nothing below it.
    /// - Throws: ``RootMissing``, ``PlatformUnwanted``, and what the place throws.
    func root(_ target: Target, from source: any ContentSource) async throws -> ManifestDocument {
        let root = try await source.document(at: target)
        rootAnswered()
        guard let root else { throw RootMissing(target: target) }
        if let choice = platforms?.choice { try await check(root, choice, source) }
        return root
    }

    /// The layers that may not be copied everywhere, and that the source serves itself.
    private func servedLayers(
        of documents: [ManifestDocument],
        by source: any ContentSource
    ) async throws -> Set<Digest> {
        var served: Set<Digest> = []
        for layer in documents.flatMap(\.manifest.blobs)
        where layer.isNonDistributable && !served.contains(layer.digest) {
            if try await source.contains(layer) { served.insert(layer.digest) }
        }
        return served
    }

    private func wantedChildren(
        of level: [ManifestDocument],
        known: [Digest: ManifestDocument],
        _ omitted: inout Set<Digest>
    ) -> [(child: Descriptor, parent: Digest)] {
        var seen: Set<Digest> = []
        var wanted: [(child: Descriptor, parent: Digest)] = []
        for document in level {
            let children = platforms.children(of: document)
            omitted.formUnion(Set(document.manifest.children.map(\.digest)).subtracting(children.map(\.digest)))
            for child in children where known[child.digest] == nil {
                if seen.insert(child.digest).inserted { wanted.append((child, document.descriptor.digest)) }
            }
        }
        return wanted
    }
}
