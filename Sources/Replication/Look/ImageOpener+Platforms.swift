// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

extension ImageOpener {
    /// Sees to it that an image is for a platform that is wanted.
    func check(_ root: ManifestDocument, _ choice: PlatformChoice, _ source: any ContentSource) async throws {
        switch root.manifest {
        case .index(let index):
            guard !index.manifests.isEmpty, choice.places(in: root).isEmpty else { return }
            throw PlatformUnwanted(platforms: index.manifests.compactMap(\.platform))
        case .image(let image):
            guard MediaType.imageConfigurations.contains(image.config.mediaType),
                image.config.size <= ImageConfiguration.maximumSize
            else { return }
            let reading = try await BlobContent(image.config, from: source).open()
            let platform = ImageConfiguration(try await reading.stream.collect())?.platform
            if !choice.takes(platform) { throw PlatformUnwanted(platforms: [platform].compactMap(\.self)) }
        }
    }

    /// The graph of what was fetched, with smaller indexes where that is asked for.
    func graph(
        _ root: ManifestDocument,
        _ descendants: [Digest: ManifestDocument],
        _ omitted: Set<Digest>
    ) async throws -> ImageGraph {
        guard let platforms, platforms.index == .rewritten else {
            var graph = ImageGraph(root: root, descendants: descendants)
            graph.omitted = omitted.subtracting(descendants.keys)
            return graph
        }
        let rewriting = IndexRewriting(choice: platforms.choice)
        func known(_ child: Descriptor) throws -> ManifestDocument {
            guard let document = descendants[child.digest] else {
                throw GraphError.missingChild(child.digest, of: root.descriptor.digest)
            }
            return document
        }
        var smaller: [Digest: ManifestDocument] = [:]
        for document in descendants.values {
            let new = try await rewriting.rewritten(document, open: known)
            smaller[new.descriptor.digest] = new
        }
        let new = try await rewriting.rewritten(root, open: known)
        var graph = ImageGraph(root: new, descendants: smaller)
        if new != root { graph.original = root.descriptor.digest }
        return graph
    }

    /// The digest that an image has at the destination: that of its smaller form, where that is asked for.
    func rewrittenDigest(of digest: Digest, from source: any ContentSource) async throws -> Digest {
        guard let platforms, platforms.index == .rewritten else { return digest }
        return try await counted { pulls in
            try await rewrittenDigest(of: digest, platforms.choice, from: source, &pulls)
        }
    }

    private func rewrittenDigest(
        of digest: Digest,
        _ choice: PlatformChoice,
        from source: any ContentSource,
        _ pulls: inout ImagePulls
    ) async throws -> Digest {
        let missing = await unkept([digest], source)
        try await pulls.cover(missing)
        pulls.spend(missing)
        guard let root = try await documents.document(digest, from: source) else {
            throw RootMissing(target: .digest(digest))
        }
        let children = choice.places(in: root).map { root.manifest.children[$0].digest }
        try await pulls.cover(await unkept(children, source))
        let new = try await IndexRewriting(choice: choice)
            .rewritten(root) { child in
                guard let document = try await documents.document(child.digest, from: source) else {
                    throw GraphError.missingChild(child.digest, of: digest)
                }
                return document
            }
        // Where the destination has lost it, a verification wants it.
        await documents.keep(new)
        return new.descriptor.digest
    }
}
