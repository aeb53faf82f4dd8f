// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// What a bundle holds, all of it known before its first byte is written: it is the first document of a bundle, so that a
/// reader can refuse at once.
public struct BundleContents: Hashable, Sendable, Codable {
    /// An image that the bundle brings.
    public struct Root: Hashable, Sendable, Codable {
        /// The tag that it had; `nil` for an image that is known by its digest alone.
        public var tag: TagName?
        /// Its manifest.
        public var manifest: Descriptor
        /// The bytes of its blobs in all, also of those that the bundle leaves out.
        public var bytes: Int64

        /// Describes an image.
        public init(tag: TagName?, manifest: Descriptor, bytes: Int64) {
            self.tag = tag
            self.manifest = manifest
            self.bytes = bytes
        }
    }

    /// A manifest that refers to another one.
    public struct Reference: Hashable, Sendable, Codable {
        /// What it refers to.
        public var subject: Digest
        /// The manifest that refers to it, as a list of referrers shows it.
        public var referrer: Referrer

        /// Describes a reference.
        public init(subject: Digest, referrer: Referrer) {
            self.subject = subject
            self.referrer = referrer
        }
    }

    /// A blob, of which only the bytes count.
    public struct Blob: Hashable, Sendable, Codable {
        /// The name of the content.
        public var digest: Digest
        /// Its length in bytes.
        public var size: Int64

        /// Describes a blob.
        public init(digest: Digest, size: Int64) {
            self.digest = digest
            self.size = size
        }
    }

    /// A repository with what it needs, each piece once.
    public struct Repository: Hashable, Sendable, Codable {
        /// The registry that it came from; `nil` where it came from a folder.
        public var host: RegistryHost?
        /// Its name there.
        public var name: RepositoryName
        /// Its images.
        public var roots: [Root] = []
        /// All manifests; what a manifest points to stands in front of it.
        public var manifests: [Descriptor] = []
        /// All blobs, in the order in which they are met.
        public var blobs: [Blob] = []
        /// Which of the manifests refer to others.
        public var references: [Reference] = []

        /// Describes a repository that has nothing yet.
        public init(host: RegistryHost?, name: RepositoryName) {
            self.host = host
            self.name = name
        }

        /// What people call it: `docker.io/library/nginx`.
        public var fullName: String { host.map { "\($0)/\(name)" } ?? name.text }
    }

    /// A repository of which it is known that the far side has it.
    public enum Holder: Hashable, Sendable, Codable {
        /// One that an earlier bundle brought; its name on the far side is decided there.
        case source(host: RegistryHost?, name: RepositoryName)
        /// One that an inventory of the far side named, as it is called there.
        case destination(name: RepositoryName)
    }

    /// A piece that is left out, since the far side has it.
    public struct Assumption: Hashable, Sendable, Codable {
        /// What is left out.
        public var digest: Digest
        /// Which of the ``BundleContents/holders`` have it, by their places in the list.
        public var holders: [Int]

        /// Describes what is left out.
        public init(digest: Digest, holders: [Int]) {
            self.digest = digest
            self.holders = holders
        }
    }

    /// An image as `docker load` and `podman load` look for it.
    public struct LoadableImage: Hashable, Sendable, Codable {
        /// Its configuration.
        public var config: Digest
        /// Its layers, from the bottom up.
        public var layers: [Digest]
        /// Its names with their tags, `docker.io/library/nginx:1.27`.
        public var names: [String]

        /// Describes an image.
        public init(config: Digest, layers: [Digest], names: [String]) {
            self.config = config
            self.layers = layers
            self.names = names
        }
    }

    /// The version of this form.
    public static let currentVersion = 1

    /// The version of the form that the document has.
    public var version = BundleContents.currentVersion
    /// The time that all members of the archive are given, in seconds since 1970.
    public var modified: Int64
    /// The repositories, in the order of their full names.
    public var repositories: [Repository]
    /// What repositories need and the bundle does not have, in the order of the pieces.
    public var assumed: [Assumption] = []
    /// The repositories that have it.
    public var holders: [Holder] = []
    /// What the archive offers to `docker load`; empty where nobody asked for it.
    public var loadable: [LoadableImage] = []

    /// Describes a bundle that leaves nothing out.
    public init(modified: Int64 = 0, repositories: [Repository]) {
        self.modified = modified
        self.repositories = repositories
    }
}

extension BundleContents.Repository {
    /// What the lists say against each other; `nil` where they fit together.
    public var contradiction: String? {
        let known = Set(manifests.map(\.digest))
        if let root = roots.first(where: { !known.contains($0.manifest.digest) }) {
            return "\(fullName) has an image \(root.manifest.digest), but no such manifest"
        }
        if let reference = references.first(where: { !known.contains($0.referrer.descriptor.digest) }) {
            return "\(fullName) has a referrer \(reference.referrer.descriptor.digest), but no such manifest"
        }
        return nil
    }
}

extension BundleContents {
    /// A piece of content, which a bundle holds once, whichever repositories need it.
    public struct Piece: Hashable, Sendable {
        /// What it is.
        public enum Kind: Hashable, Sendable {
            /// Bytes of any kind.
            case blob
            /// A manifest of some type.
            case manifest
        }

        /// What it is, for the repository that is named first.
        public let kind: Kind
        /// Its name, and its length in bytes.
        public let blob: Blob
        /// The first of the repositories that need it, by its place in the list.
        public let repository: Int
    }

    /// Every piece that the bundle holds, in its order.
    public var pieces: [Piece] { pieces(without: Set(assumed.map(\.digest))) }

    /// Every piece that the images need, also those that are left out.
    public var allPieces: [Piece] { pieces(without: []) }

    /// Each piece once.
    private func pieces(without leftOut: Set<Digest>) -> [Piece] {
        var seen = leftOut
        var pieces: [Piece] = []
        for (index, repository) in repositories.enumerated() {
            for blob in repository.blobs where seen.insert(blob.digest).inserted {
                pieces.append(Piece(kind: .blob, blob: blob, repository: index))
            }
            for manifest in repository.manifests where seen.insert(manifest.digest).inserted {
                let blob = Blob(digest: manifest.digest, size: manifest.size)
                pieces.append(Piece(kind: .manifest, blob: blob, repository: index))
            }
        }
        return pieces
    }
}
