// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Looks at what the destination has of an image: each manifest from the root down, then each blob.
struct ImageInspector: Sendable {
    let source: any SourceEndpoint
    /// The destination, to read.
    let place: any SourceEndpoint
    let blobs: BlobInspector
    /// Which platforms are looked at.
    var platforms: PlatformRule?
    var limits = GraphLimits()

    /// The image that is looked at.
    struct Subject: Sendable {
        let candidate: Candidate
        let root: Digest
        /// Manifests of the destination's repository.
        let there: DocumentCache
        /// Manifests of the source.
        let here: DocumentCache

        var route: Route { candidate.route }

        func finding(_ kind: Finding.Kind) -> Finding {
            Finding(route: route, target: candidate.target, tag: candidate.tag, root: root, kind: kind)
        }
    }

    /// Looks at an image.
    ///
    /// What the destination lacks of its manifests is read from the source, so that what lies below is looked at, too.
    /// - Parameter found: Told of each finding as it comes.
    /// - Throws: ``OCIContent/SideFailure`` where a side does not answer, or the source lacks a manifest, too; ``GraphError``
    ///   for an image that no place can hold whole.
    func inspect(_ subject: Subject, found: @escaping @Sendable (Finding) -> Void) async throws -> ImageGraph {
        let root = try await document(
            Finding.Part(digest: subject.root, size: nil, isManifest: true, parent: nil),
            of: subject,
            found
        )
        let descendants = try await descendants(of: root, subject, found)
        try await inspectBlobs(of: [root] + descendants, subject, found)
        var graph = ImageGraph(
            root: root,
            descendants: Dictionary(descendants.map { ($0.descriptor.digest, $0) }) { $1 }
        )
        let children = ([root] + descendants).flatMap(\.manifest.children).map(\.digest)
        graph.omitted = Set(children).subtracting(graph.descendants.keys)
        return graph
    }

    /// The manifests below a root, each once, always in the same order: a blob's finding names the first that points to it.
    private func descendants(
        of root: ManifestDocument,
        _ subject: Subject,
        _ found: (Finding) -> Void
    ) async throws -> [ManifestDocument] {
        var documents: [ManifestDocument] = []
        var known: Set<Digest> = []
        var bytes = root.bytes.count
        var level = [root]
        var depth = 0
        let platforms = subject.candidate.isCompanion ? nil : platforms
        while level.contains(where: { !platforms.children(of: $0).isEmpty }) {
            depth += 1
            guard depth <= limits.depth else { throw GraphError.tooDeep(limit: limits.depth) }
            var next: [ManifestDocument] = []
            for parent in level {
                for child in platforms.children(of: parent) where known.insert(child.digest).inserted {
                    guard documents.count + 1 < limits.manifests else {
                        throw GraphError.tooManyManifests(limit: limits.manifests)
                    }
                    let document = try await self.child(child, of: parent.descriptor.digest, subject, found)
                    bytes += document.bytes.count
                    guard bytes <= limits.bytes else { throw GraphError.tooManyBytes(limit: limits.bytes) }
                    documents.append(document)
                    next.append(document)
                }
            }
            level = next
        }
        return documents
    }

    private func child(
        _ child: Descriptor,
        of parent: Digest,
        _ subject: Subject,
        _ found: (Finding) -> Void
    ) async throws -> ManifestDocument {
        let part = Finding.Part(digest: child.digest, size: child.size, isManifest: true, parent: parent)
        let document = try await document(part, of: subject, found)
        guard document.descriptor.mediaType == child.mediaType, document.descriptor.size == child.size else {
            throw GraphError.mismatchedChild(child.digest, of: parent)
        }
        return document
    }

    /// A manifest of the destination; where that has none that is right, the source's.
    private func document(
        _ part: Finding.Part,
        of subject: Subject,
        _ found: (Finding) -> Void
    ) async throws -> ManifestDocument {
        let route = subject.route
        do {
            let there = place.source(route.destination)
            if let document = try await subject.there.document(part.digest, from: there) { return document }
            found(subject.finding(.incomplete(part)))
        } catch let error as ContentError {
            found(subject.finding(Finding.Flaw(error).map { .damaged(part, $0) } ?? .incomplete(part)))
        } catch {
            throw SideFailure.wrapping(error, side: .destination)
        }
        do {
            let document = try await subject.here.document(part.digest, from: source.source(route.source))
            guard let document else { throw ContentError.missing(part.digest) }
            return document
        } catch {
            throw SideFailure.wrapping(error, side: .source)
        }
    }

    private func inspectBlobs(
        of documents: [ManifestDocument],
        _ subject: Subject,
        _ found: @escaping @Sendable (Finding) -> Void
    ) async throws {
        var seen: Set<Digest> = []
        var wanted: [(blob: Descriptor, parent: Digest)] = []
        for document in documents {
            for blob in document.manifest.blobs where !blob.isNonDistributable && seen.insert(blob.digest).inserted {
                wanted.append((blob, document.descriptor.digest))
            }
        }
        try await forEach(wanted, width: 8) { blob, parent in
            let part = Finding.Part(digest: blob.digest, size: blob.size, isManifest: false, parent: parent)
            switch try await blobs.verdict(of: blob, on: subject.route) {
            case .sound: break
            case .absent: found(subject.finding(.incomplete(part)))
            case .flawed(let flaw): found(subject.finding(.damaged(part, flaw)))
            }
        }
    }
}
