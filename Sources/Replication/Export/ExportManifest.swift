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

    /// A repository, by which all that is found is ordered.
    fileprivate struct Origin: Hashable, Comparable {
        let place: Place
        let name: RepositoryName

        var host: RegistryHost? { place.host }

        static func < (left: Self, right: Self) -> Bool {
            let (one, other) = (BundleContents.Repository(left), BundleContents.Repository(right))
            return (one.fullName, left.place.description) < (other.fullName, right.place.description)
        }
    }

    private struct Found {
        let part: Int
        var images: [ExportedImage] = []
    }

    private struct State {
        var found: [Origin: Found] = [:]
        var failures = 0
    }

    private let state = Mutex(State())
    /// Whether images are to be found by `docker load`, too.
    private let isLoadable: Bool

    init(isLoadable: Bool = false) { self.isLoadable = isLoadable }

    func noteFailure() { state.withLock { $0.failures += 1 } }

    /// Takes note of an image.
    func add(_ plan: RootPlan, of place: Place, part: Int) {
        let image = ExportedImage(plan)
        let origin = Origin(place: place, name: plan.route.source)
        state.withLock { $0.found[origin, default: Found(part: part)].images.append(image) }
    }

    /// Ends the search.
    /// - Throws: ``ExportIncomplete``, ``ExportAmbiguous``, ``ExportEmpty``.
    func close(modified: Int64, leavingOut base: Holdings) throws -> Closed {
        let state = state.withLock { $0 }
        guard state.failures == 0 else { throw ExportIncomplete(count: state.failures) }
        let found = state.found.sorted { $0.key < $1.key }
        let images = found.map { $0.value.images.sorted { $0.plan.exportOrder < $1.plan.exportOrder } }
        let repositories = try zip(found.map(\.key), images)
            .map { origin, images in
                var gathering = Gathering(origin)
                for image in images { try gathering.take(image) }
                return gathering.repository
            }
        let contents = BundleContents(modified: modified, repositories: repositories)
        guard !repositories.isEmpty else { throw ExportEmpty() }
        for (one, other) in zip(repositories, repositories.dropFirst()) where one.fullName == other.fullName {
            throw ExportAmbiguous(name: one.fullName)
        }
        return Closed(
            contents: try isLoadable ? contents.loadable(zip(repositories, images)) : contents.leavingOut(base),
            parts: found.map(\.value.part),
            written: images.joined().reduce(into: [:]) { $0.merge($1.written) { first, _ in first } },
            plans: images.joined().map(\.plan)
        )
    }
}

extension BundleContents {
    /// The same contents with a list of the images that `docker load` can take.
    /// - Throws: ``ExportManyPlatforms``.
    fileprivate func loadable(
        _ found: some Sequence<(BundleContents.Repository, [ExportedImage])>
    ) throws -> BundleContents {
        var order: [LoadableImage] = []
        var places: [LoadableImage: Int] = [:]
        for (repository, images) in found {
            for (tag, images) in images.flatMap(\.loadable) {
                let name = "\(repository.fullName):\(tag)"
                guard images.count < 2 else { throw ExportManyPlatforms(name: name) }
                guard let image = images.first else { continue }
                let unnamed = LoadableImage(
                    config: image.config.digest,
                    layers: image.layers.map(\.digest),
                    names: []
                )
                let place = places[unnamed] ?? order.count
                if places.updateValue(place, forKey: unnamed) == nil { order.append(unnamed) }
                order[place].names.append(name)
            }
        }
        var contents = self
        contents.loadable = order
        return contents
    }
}

extension Manifest {
    /// An image that can be unpacked to a file system; artifacts, attestations and signatures are none.
    fileprivate var fileSystemImage: ImageManifest? {
        guard case .image(let image) = self, MediaType.imageConfigurations.contains(image.config.mediaType),
            image.layers.allSatisfy(\.mediaType.isFileSystemLayer)
        else { return nil }
        return image
    }
}

extension MediaType {
    fileprivate var isFileSystemLayer: Bool {
        text.hasPrefix("application/vnd.oci.image.layer.v1.tar")
            || text.hasPrefix("application/vnd.docker.image.rootfs.diff.tar")
    }
}

/// An image for several platforms is to be loaded, which knows one.
public struct ExportManyPlatforms: Error, Hashable, Sendable {
    /// The full name.
    public let name: String

    /// Names the image.
    public init(name: String) { self.name = name }
}

/// Nothing is selected.
public struct ExportEmpty: Error, Hashable, Sendable {}

/// One name is selected as two things: an image of some platforms and of others, or repositories of two folders.
public struct ExportAmbiguous: Error, Hashable, Sendable {
    /// The full name.
    public let name: String
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
    /// The images of file systems that tags lead to.
    private(set) var loadable: [(tag: TagName, images: [ImageManifest])] = []

    init(_ plan: RootPlan) {
        var kept = plan
        kept.children = []
        kept.companions = []
        self.plan = kept
        take(plan)
        // What refers to something that is not selected leads to itself.
        if roots.isEmpty { addRoot(plan) }
    }

    private mutating func addRoot(_ plan: RootPlan) {
        let root = plan.root.descriptor
        roots.append(BundleContents.Root(tag: plan.tag, manifest: root, bytes: plan.blobBytes))
    }

    private mutating func take(_ plan: RootPlan) {
        let isReferrer = plan.subject != nil && plan.tag == nil
        if !isReferrer { addRoot(plan) }
        if let tag = plan.tag {
            let documents = plan.children.joined() + [plan.root]
            loadable.append((tag, documents.compactMap(\.manifest.fileSystemImage)))
        }
        blobs += plan.blobs
        for document in plan.children.joined() + [plan.root] {
            manifests.append(document.descriptor)
            // Nothing but indexes is written anew.
            if plan.original != nil, document.descriptor.mediaType.isIndex {
                written[document.descriptor.digest] = document
            }
            if let subject = document.subject {
                references.append(BundleContents.Reference(subject: subject, referrer: Referrer(document)))
            }
        }
        // A registry lists referrers in whatever order.
        for companion in plan.companions.sorted(by: { $0.exportOrder < $1.exportOrder }) { take(companion) }
    }
}

extension RootPlan {
    fileprivate var exportOrder: String { "\(tag?.text ?? "")@\(root.descriptor.digest)" }
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

    private var tags: Set<TagName> = []

    init(_ origin: ExportManifest.Origin) { repository = BundleContents.Repository(origin) }

    mutating func take(_ image: ExportedImage) throws {
        for root in image.roots where seen.insert(.root(root.tag, root.manifest.digest)).inserted {
            if let tag = root.tag, !tags.insert(tag).inserted {
                throw ExportAmbiguous(name: "\(repository.fullName):\(tag)")
            }
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

extension BundleContents.Repository {
    fileprivate init(_ origin: ExportManifest.Origin) { self.init(host: origin.host, name: origin.name) }
}
