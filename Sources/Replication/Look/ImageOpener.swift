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
    private let purse: PullPurse?
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
        purse: PullPurse? = nil,
        rootAnswered: @escaping @Sendable () -> Void = {}
    ) {
        self.limits = limits
        self.documents = documents
        self.platforms = platforms
        self.layers = layers
        self.purse = purse
        self.rootAnswered = rootAnswered
    }

    /// Fetches an image's manifests.
    /// - Throws: ``RootMissing``, ``GraphError``, ``OCIContent/PullsUsedUp``, and what the place throws.
    public func open(_ target: Target, from source: any ContentSource) async throws -> ImageGraph {
        try await counted { pulls in
            // Of some platforms' manifests alone, a listing does not tell how many there are.
            let estimate = platforms == nil ? purse?.estimate : nil
            return try await open(target, expecting: estimate ?? 1, from: source, &pulls)
        }
    }

    private func open(
        _ target: Target,
        expecting count: Int,
        from source: any ContentSource,
        _ pulls: inout ImagePulls
    ) async throws -> ImageGraph {
        let root = try await root(target, expecting: count, from: source, &pulls)
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
            let missing = await unkept(wanted.map(\.child.digest), source)
            try await pulls.cover(missing)
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
            pulls.spend(missing)
        }
        var graph = try await graph(root, descendants, omitted)
        if layers == .copy { graph.servedLayers = try await servedLayers(of: [root] + descendants.values, by: source) }
        return graph
    }

    /// Fetches what a name points to, and nothing below it.
    /// - Throws: ``RootMissing``, ``PlatformUnwanted``, and what the place throws.
    func root(_ target: Target, from source: any ContentSource) async throws -> ManifestDocument {
        try await counted { try await root(target, expecting: 1, from: source, &$0) }
    }

    /// - Parameter count: How many manifests are to be fetched in all, as far as is known.
    private func root(
        _ target: Target,
        expecting count: Int,
        from source: any ContentSource,
        _ pulls: inout ImagePulls
    ) async throws -> ManifestDocument {
        var target = target
        // Asking what a tag points to costs no pull, and what is kept neither.
        if purse != nil, case .tag = target, let descriptor = try await source.resolve(target) {
            target = .digest(descriptor.digest)
        }
        let root: ManifestDocument?
        if case .digest(let digest) = target {
            // What it points to is counted when it is known.
            let missing = await unkept([digest], source)
            if missing > 0 { try await pulls.cover(count) }
            root = try await documents.document(digest, from: source)
            pulls.spend(missing)
        } else {
            root = try await source.document(at: target)
        }
        rootAnswered()
        guard let root else { throw RootMissing(target: target) }
        if let choice = platforms?.choice { try await check(root, choice, source) }
        return root
    }

    /// Does something with pulls that are set aside; and once more, after waiting, where the source refuses all the same.
    func counted<Value>(_ body: (inout ImagePulls) async throws -> Value) async throws -> Value {
        while true {
            var pulls = ImagePulls(purse)
            do { return try await body(&pulls) } catch let refusal as PullRefused {
                guard let purse else { throw refusal.underlying }
                try await purse.budget.refused(for: purse.repository)
            }
        }
    }

    /// How many of some manifests must be fetched, where that is counted.
    func unkept(_ digests: [Digest], _ source: any ContentSource) async -> Int {
        guard purse != nil else { return 0 }
        var count = 0
        for digest in digests where await !documents.has(digest) {
            if await !source.keepsDocument(digest) { count += 1 }
        }
        return count
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
