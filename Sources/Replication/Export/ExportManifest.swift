// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// What an export has found so far.
///
/// It holds no manifest but those at the top of images, and those that no source has: there can be very many.
final class ExportManifest: Sendable {
    /// All that was found, in an order that does not depend on what was found first.
    struct Closed {
        let contents: BundleContents
        /// For each repository of the contents, which part of the export has it.
        let parts: [Int]
        /// The manifests that were made for this copy.
        let written: [Digest: ManifestDocument]
        /// The images, without the manifests below their roots.
        let plans: [RootPlan]
    }

    private struct Found {
        let part: Int
        let host: RegistryHost?
        let name: RepositoryName
        var images: [ExportedImage] = []
    }

    private struct State {
        var found: [String: Found] = [:]
        var failures = 0
    }

    private let state = Mutex(State())

    func noteFailure() { state.withLock { $0.failures += 1 } }

    /// Takes note of an image.
    func add(_ plan: RootPlan, of host: RegistryHost?, part: Int) {
        let image = ExportedImage(plan)
        let name = plan.route.source
        let key = BundleContents.Repository(host: host, name: name).fullName
        state.withLock { state in
            state.found[key, default: Found(part: part, host: host, name: name)].images.append(image)
        }
    }

    /// Ends the search.
    /// - Throws: ``ExportIncomplete``.
    func close(modified: Int64) throws -> Closed {
        let state = state.withLock { $0 }
        guard state.failures == 0 else { throw ExportIncomplete(count: state.failures) }
        let found = state.found.sorted { $0.key < $1.key }.map(\.value)
        let images = found.map { $0.images.sorted { $0.order < $1.order } }
        return Closed(
            contents: BundleContents(
                modified: modified,
                repositories: zip(found, images)
                    .map { found, images in
                        var gathering = Gathering(host: found.host, name: found.name)
                        for image in images { gathering.take(image) }
                        return gathering.repository
                    }
            ),
            parts: found.map(\.part),
            written: images.joined().reduce(into: [:]) { $0.merge($1.written) { first, _ in first } },
            plans: images.joined().map(\.plan)
        )
    }
}

/// What is kept of the plan of an image.
private struct ExportedImage {
    /// Without the manifests below the root.
    let plan: RootPlan
    private(set) var roots: [BundleContents.Root] = []
    private(set) var references: [BundleContents.Reference] = []
    private(set) var manifests: [Descriptor] = []
    private(set) var blobs: [Descriptor] = []
    private(set) var written: [Digest: ManifestDocument] = [:]

    var order: String { plan.tag?.text ?? plan.root.descriptor.digest.description }

    init(_ plan: RootPlan) {
        var kept = plan
        kept.children = []
        kept.companions = []
        self.plan = kept
        take(plan)
    }

    private mutating func take(_ plan: RootPlan) {
        let isReferrer = plan.subject != nil && plan.tag == nil
        if !isReferrer {
            let root = plan.root.descriptor
            roots.append(BundleContents.Root(tag: plan.tag, manifest: root, bytes: plan.blobBytes))
        }
        blobs += plan.blobs
        for document in plan.children.joined() + [plan.root] {
            manifests.append(document.descriptor)
            if plan.original != nil { written[document.descriptor.digest] = document }
            if let subject = document.subject {
                references.append(BundleContents.Reference(subject: subject, referrer: Referrer(document)))
            }
        }
        for companion in plan.companions { take(companion) }
    }
}

/// A repository as images are added to it, each piece once.
private struct Gathering {
    private(set) var repository: BundleContents.Repository
    private var seen: Set<AnyPiece> = []

    private enum AnyPiece: Hashable {
        case root(TagName?, Digest)
        case manifest(Digest)
        case blob(Digest)
        case reference(Digest)
    }

    init(host: RegistryHost?, name: RepositoryName) { repository = BundleContents.Repository(host: host, name: name) }

    mutating func take(_ image: ExportedImage) {
        for root in image.roots where seen.insert(.root(root.tag, root.manifest.digest)).inserted {
            repository.roots.append(root)
        }
        for blob in image.blobs where seen.insert(.blob(blob.digest)).inserted {
            repository.blobs.append(BundleContents.Blob(digest: blob.digest, size: blob.size))
        }
        for manifest in image.manifests where seen.insert(.manifest(manifest.digest)).inserted {
            // Of an index's entry for it, only what names the content counts here.
            repository.manifests.append(
                Descriptor(mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size)
            )
        }
        for reference in image.references
        where seen.insert(.reference(reference.referrer.descriptor.digest)).inserted {
            repository.references.append(reference)
        }
    }
}
